//! What the page of the provider says beside its arguments.

use crate::about::About;

/// What its page says.
pub(crate) const ABOUT: About = About {
    more: "\
## Credentials

Credentials are fetched when they are first needed, shared by all resources, and renewed before they expire. The first
of these that is there is used:

1. `access_key`, `secret_key` and `security_token`, or their environment variables.
2. The profile named by `profile`, of `shared_credentials_file`. All modes of the Alibaba Cloud CLI serve: `AK`,
   `StsToken`, `RamRoleArn`, `EcsRamRole`, `OIDC`, `ChainableRamRoleArn`, `External`, `CredentialsURI`, `CloudSSO` and
   `OAuth` (the last two with the session that the CLI has cached).
3. `credentials_uri`.
4. `ecs_role_name`, by the ECS metadata service.
5. An OIDC token, by `assume_role_with_oidc` or the environment of RRSA.
6. The current profile of `~/.aliyun/config.json`, then `~/.alibabacloud/credentials.ini`.

A block `assume_role_with_oidc` goes before all of these, unless `access_key` is set as an argument. `assume_role` takes
on a role with what was found. When nothing is found, the error lists each source and why it did not serve.

Half a source, such as an access key id without its secret, is an error: the next source may be another account's. A
source that the block names and that is not used, because a variable goes before it, is a warning that names both.
Errors about credentials say where these come from.

A plan that reads nothing needs no credentials: they are looked for at the first call.

## Proxies and certificates

`HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` (or the same in lower case) mean what they mean to Terraform itself: a proxy is
`http://`, `https://` or `socks5://`, and `NO_PROXY` takes `example.com`, `.example.com`, `*.example.com`, `host:port`,
addresses and networks such as `10.0.0.0/8`. This machine is always reached directly. A proxy that cannot be read is an
error.

Certificates are verified against the roots of the machine, or of the file that `SSL_CERT_FILE` names, and `ca_bundle`
besides. An image without roots needs the package `ca-certificates`.

## Values that are not known yet

A provider block may hold values of resources that are yet to be created. Until they are known, plans do not refresh:
resources keep their state, with a warning; data sources say which argument is unknown.

## Retries

Queries are sent again after a failure, with growing pauses; `x-acs-retry-after` is honoured. Throttling is borne until
the `timeouts` of the resource. What could be done twice is not sent again blindly: the task is looked up first. Ctrl-C
ends all waits at once and keeps the state; a write that is under way is waited for, up to `client_read_timeout`.
",
    ..About::NONE
};
