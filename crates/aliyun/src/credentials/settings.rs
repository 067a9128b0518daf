//! What the provider configuration says of credentials. Reads nothing.

use crate::http::Endpoint;
use crate::key::Secret;

/// What the provider configuration says of credentials. What it leaves out comes from the environment variables that
/// `aliyun/alicloud` reads.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// `access_key`
    pub access_key: Option<String>,
    /// `secret_key`
    pub secret_key: Option<Secret>,
    /// `security_token`
    pub security_token: Option<Secret>,
    /// `profile`: a profile of `shared_credentials_file`.
    pub profile: Option<String>,
    /// `shared_credentials_file`; `~` is the home directory. `~/.aliyun/config.json` unless set.
    pub shared_credentials_file: Option<String>,
    /// `ecs_role_name`: the ECS metadata service is asked only if this or its variable is set.
    pub ecs_role_name: Option<String>,
    /// `credentials_uri`
    pub credentials_uri: Option<String>,
    /// The block `assume_role`: a role on top of what was found.
    pub assume_role: Option<AssumeRole>,
    /// The block `assume_role_with_oidc`.
    pub assume_role_with_oidc: Option<AssumeRoleWithOidc>,
    /// `region`: leads to the STS endpoint.
    pub region: Option<String>,
    /// `sts_endpoint`
    pub sts_endpoint: Option<Endpoint>,
}

impl Settings {
    /// Whether they name a source that another one may go before.
    pub(super) fn names_a_source(&self) -> bool {
        let texts = [
            &self.profile,
            &self.shared_credentials_file,
            &self.ecs_role_name,
            &self.credentials_uri,
        ];
        texts.into_iter().any(Option::is_some) || self.assume_role_with_oidc.is_some()
    }
}

/// The block `assume_role`.
#[derive(Clone, Debug, Default)]
pub struct AssumeRole {
    /// `role_arn`; else `ALICLOUD_ASSUME_ROLE_ARN`, `ALIBABA_CLOUD_ROLE_ARN`.
    pub role_arn: Option<String>,
    /// `session_name`; `terraform` unless set.
    pub session_name: Option<String>,
    /// `policy`: narrows the session, JSON.
    pub policy: Option<String>,
    /// `session_expiration`: seconds, 900 to 43200; 3600 unless set.
    pub session_expiration: Option<u32>,
    /// `external_id`
    pub external_id: Option<String>,
}

/// The block `assume_role_with_oidc`.
#[derive(Clone, Debug, Default)]
pub struct AssumeRoleWithOidc {
    /// `oidc_provider_arn`; else `ALIBABA_CLOUD_OIDC_PROVIDER_ARN`.
    pub oidc_provider_arn: Option<String>,
    /// `oidc_token_file`; else `ALIBABA_CLOUD_OIDC_TOKEN_FILE`.
    pub oidc_token_file: Option<String>,
    /// `oidc_token`, before the file; else `ALIBABA_CLOUD_OIDC_TOKEN`.
    pub oidc_token: Option<Secret>,
    /// `role_arn`; else `ALIBABA_CLOUD_ROLE_ARN`.
    pub role_arn: Option<String>,
    /// `role_session_name`; `terraform` unless set.
    pub role_session_name: Option<String>,
    /// `policy`: narrows the session, JSON.
    pub policy: Option<String>,
    /// `session_expiration`: seconds, 900 to 43200; 3600 unless set.
    pub session_expiration: Option<u32>,
}
