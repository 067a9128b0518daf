//! The Security Token Service, served beside AICCS so that one address is enough for tests.
//! Source: the vendor's pages of `api-sts-2015-04-01`.

use super::{Data, Kind, Operation, STS, gives, integer, text};

pub(super) const TABLE: &[Operation] = &[
    Operation {
        name: "AssumeRole",
        version: STS,
        parameters: &[
            integer("DurationSeconds").range(900, 43200),
            text("ExternalId"),
            text("Policy"),
            text("RoleArn").required(),
            text("RoleSessionName").required(),
        ],
        data: Data::Plain,
        fields: &[gives("AssumedRoleUser", Kind::Object), gives("Credentials", Kind::Object)],
        code: "OK",
    },
    Operation {
        name: "AssumeRoleWithOIDC",
        version: STS,
        parameters: &[
            integer("DurationSeconds").range(900, 43200),
            text("OIDCProviderArn").required(),
            text("OIDCToken").required(),
            text("Policy"),
            text("RoleArn").required(),
            text("RoleSessionName").required(),
        ],
        data: Data::Plain,
        fields: &[
            gives("AssumedRoleUser", Kind::Object),
            gives("Credentials", Kind::Object),
            gives("OIDCTokenInfo", Kind::Object),
        ],
        code: "OK",
    },
    Operation {
        name: "GetCallerIdentity",
        version: STS,
        parameters: &[],
        data: Data::Plain,
        fields: &[
            gives("AccountId", Kind::Text),
            gives("Arn", Kind::Text),
            gives("IdentityType", Kind::Text),
            gives("PrincipalId", Kind::Text),
            gives("RoleId", Kind::Text),
            gives("UserId", Kind::Text),
        ],
        code: "OK",
    },
];
