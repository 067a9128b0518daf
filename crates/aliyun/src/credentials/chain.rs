//! The order of the sources: that of `aliyun/alicloud`, then the files that the official SDKs look at.
//! A source that was named must serve; one that merely might be there is passed over, and the final error says why.

use std::io;
use std::path::{Path, PathBuf};

use super::environment::{self, Arguments};
use super::origin::Origin;
use super::profile::Sts;
use super::sts::{self, Role, Token};
use super::{ini, profile};
use crate::environment::Environment;
use crate::error::{Error, Kind};
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

/// A place where credentials may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Step {
    /// How errors and logs call it.
    pub(super) label: String,
    /// The user named it: if it does not serve, nothing else is tried.
    pub(super) named: bool,
    pub(super) place: Place,
}

/// How a step gets its origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// It has none: the end of a sentence says why.
    Absent(String),
    /// A section of `credentials.ini`.
    Ini { path: PathBuf, section: String },
    /// It is known.
    Known(Origin),
    /// A profile of `config.json`; read anew each time, since the CLI renews sessions there.
    Profile { path: PathBuf, name: Option<String> },
}

/// The settings, with their fallbacks in the environment.
pub(super) struct Chain<'a> {
    pub(super) settings: &'a Settings,
    pub(super) outside: &'a dyn Environment,
}

impl Chain<'_> {
    /// All places, in order.
    pub(super) fn steps(&self) -> Vec<Step> {
        let settings = self.settings;
        let mut steps = Vec::new();
        let oidc_first = settings.assume_role_with_oidc.is_some() && settings.access_key.is_none();
        if oidc_first {
            steps.push(self.oidc());
        }
        steps.push(self.key());
        steps.push(self.named_profile());
        let uri = self.first(
            settings.credentials_uri.as_deref(),
            &["ALICLOUD_CREDENTIALS_URI", "ALIBABA_CLOUD_CREDENTIALS_URI"],
        );
        steps.push(named("credentials_uri", uri, Origin::Uri));
        let role = self.first(
            settings.ecs_role_name.as_deref(),
            &["ALICLOUD_ECS_ROLE_NAME", "ALIBABA_CLOUD_ECS_METADATA"],
        );
        steps.push(named("ecs_role_name", role, |role| Origin::Metadata(Some(role))));
        if !oidc_first {
            steps.push(self.oidc());
        }
        steps.extend(self.official());
        steps
    }

    /// The role on top of what was found.
    pub(super) fn role(&self) -> Result<Option<Role>, Error> {
        let Some(block) = &self.settings.assume_role else {
            return Ok(None);
        };
        let first =
            |argument: &Option<String>, names: &[&str]| self.first(argument.as_deref(), names);
        let Some(arn) =
            first(&block.role_arn, &["ALICLOUD_ASSUME_ROLE_ARN", "ALIBABA_CLOUD_ROLE_ARN"])
        else {
            return Err(Error::new(Kind::Configuration, "assume_role needs role_arn"));
        };
        let seconds = self.outside.variable("ALICLOUD_ASSUME_ROLE_SESSION_EXPIRATION");
        let names = ["ALICLOUD_ASSUME_ROLE_SESSION_NAME", "ALIBABA_CLOUD_ROLE_SESSION_NAME"];
        Ok(Some(Role {
            arn,
            session_name: first(&block.session_name, &names)
                .unwrap_or_else(|| "terraform".to_owned()),
            seconds: block.session_expiration.or_else(|| seconds?.parse().ok()).unwrap_or(3600),
            policy: block.policy.clone(),
            external_id: block.external_id.clone(),
            endpoint: self.sts_endpoint()?,
        }))
    }

    /// The origin at a place; an error is the end of a sentence.
    pub(super) fn origin(&self, place: &Place) -> Result<Origin, String> {
        let read =
            |path: &PathBuf| self.outside.read(path).map_err(|error| unreadable(path, &error));
        let told = |path: &PathBuf, why: String| format!("{} {why}", path.display());
        match place {
            Place::Absent(why) => Err(why.clone()),
            Place::Known(origin) => Ok(origin.clone()),
            Place::Profile { path, name } => {
                let own_role = self.settings.assume_role.is_none();
                profile::resolve(&read(path)?, name.as_deref(), own_role, &self.sts())
                    .map_err(|why| told(path, why))
            }
            Place::Ini { path, section } => {
                let file = String::from_utf8_lossy(&read(path)?).into_owned();
                ini::resolve(&file, section, &self.sts()).map_err(|why| told(path, why))
            }
        }
    }

    fn key(&self) -> Step {
        let settings = self.settings;
        let arguments = Arguments {
            access_key: settings.access_key.as_deref(),
            secret_key: settings.secret_key.as_ref(),
            security_token: settings.security_token.as_ref(),
        };
        let (named, place) = match environment::key(arguments, self.outside) {
            Ok(Some(key)) => (true, Place::Known(Origin::Key(key))),
            Ok(None) => (false, Place::Absent("neither set nor in the environment".to_owned())),
            // Half a key is never passed over: the next source may be another account's.
            Err(why) => (true, Place::Absent(why)),
        };
        Step { label: "access_key".to_owned(), named, place }
    }

    fn named_profile(&self) -> Step {
        let name = self.profile_name();
        let mut named = name.is_some();
        let mut place = match (&name, self.config_file()) {
            (None, _) => Place::Absent("not set".to_owned()),
            (Some(_), None) => Place::Absent("the home directory is unknown".to_owned()),
            (Some(name), Some(path)) => Place::Profile { path, name: Some(name.clone()) },
        };
        // A name in the environment may be meant for a section of credentials.ini.
        if self.settings.profile.is_none()
            && self.settings.shared_credentials_file.is_none()
            && let Err(why) = self.origin(&place)
        {
            (named, place) = (false, Place::Absent(why));
        }
        Step { label: "profile".to_owned(), named, place }
    }

    fn oidc(&self) -> Step {
        let block = self.settings.assume_role_with_oidc.as_ref();
        let none = AssumeRoleWithOidc::default();
        let given = block.unwrap_or(&none);
        let first =
            |argument: &Option<String>, name: &str| self.first(argument.as_deref(), &[name]);
        let file = first(&given.oidc_token_file, "ALIBABA_CLOUD_OIDC_TOKEN_FILE").map(Token::File);
        let text = given
            .oidc_token
            .clone()
            .or_else(|| self.outside.variable("ALIBABA_CLOUD_OIDC_TOKEN").map(Secret::new));
        // The environment alone counts only with a token file, as for the official SDKs.
        let token = if block.is_some() { text.map(Token::Text).or(file) } else { file };
        let arn = first(&given.role_arn, "ALIBABA_CLOUD_ROLE_ARN");
        let provider = first(&given.oidc_provider_arn, "ALIBABA_CLOUD_OIDC_PROVIDER_ARN");
        let place = match (token, arn, provider, self.sts_endpoint()) {
            (Some(token), Some(arn), Some(provider_arn), Ok(endpoint)) => {
                let name = first(&given.role_session_name, "ALIBABA_CLOUD_ROLE_SESSION_NAME");
                let role = Role {
                    arn,
                    session_name: name.unwrap_or_else(|| "terraform".to_owned()),
                    seconds: given.session_expiration.unwrap_or(3600),
                    policy: given.policy.clone(),
                    external_id: None,
                    endpoint,
                };
                Place::Known(Origin::Oidc { provider_arn, token, role })
            }
            (None, ..) => Place::Absent("no token and no token file".to_owned()),
            (_, None, ..) => Place::Absent("no role_arn".to_owned()),
            (_, _, None, _) => Place::Absent("no oidc_provider_arn".to_owned()),
            (_, _, _, Err(error)) => Place::Absent(error.message.clone()),
        };
        let named = block.is_some() || matches!(place, Place::Known(_));
        Step { label: "assume_role_with_oidc".to_owned(), named, place }
    }

    /// The files that the official SDKs look at without being told to.
    fn official(&self) -> [Step; 2] {
        let unknown = || Place::Absent("the home directory is unknown".to_owned());
        let disabled = self.flag("ALIBABA_CLOUD_CLI_PROFILE_DISABLED");
        let config = match self.config_file() {
            _ if disabled => Place::Absent("ALIBABA_CLOUD_CLI_PROFILE_DISABLED is true".to_owned()),
            _ if self.profile_name().is_some() => {
                Place::Absent("another profile is named".to_owned())
            }
            Some(path) => Place::Profile { path, name: None },
            None => unknown(),
        };
        let section = self.profile_name().unwrap_or_else(|| "default".to_owned());
        let path =
            self.outside.home().map(|home| home.join(".alibabacloud").join("credentials.ini"));
        let path = self
            .outside
            .variable("ALIBABA_CLOUD_CREDENTIALS_FILE")
            .map(|path| self.expand(&path))
            .or(path);
        let ini = path.map_or_else(unknown, |path| Place::Ini { path, section });
        [
            Step { label: "the current profile".to_owned(), named: false, place: config },
            Step { label: "credentials.ini".to_owned(), named: false, place: ini },
        ]
    }

    fn profile_name(&self) -> Option<String> {
        self.first(self.settings.profile.as_deref(), &["ALICLOUD_PROFILE", "ALIBABA_CLOUD_PROFILE"])
    }

    fn config_file(&self) -> Option<PathBuf> {
        let names = ["ALICLOUD_SHARED_CREDENTIALS_FILE", "ALIBABA_CLOUD_CREDENTIALS_FILE"];
        match self.first(self.settings.shared_credentials_file.as_deref(), &names) {
            Some(path) => Some(self.expand(&path)),
            None => Some(self.outside.home()?.join(".aliyun").join("config.json")),
        }
    }

    fn expand(&self, path: &str) -> PathBuf {
        match (path.strip_prefix('~'), self.outside.home()) {
            (Some(rest), Some(home)) if rest.is_empty() || rest.starts_with(['/', '\\']) => {
                home.join(rest.trim_start_matches(['/', '\\']))
            }
            _ => PathBuf::from(path),
        }
    }

    fn sts(&self) -> Sts {
        Sts {
            endpoint: self.settings.sts_endpoint.clone(),
            own_region: self.outside.variable("ALIBABA_CLOUD_STS_REGION"),
            region: self.first(
                self.settings.region.as_deref(),
                &["ALICLOUD_REGION", "ALIBABA_CLOUD_REGION"],
            ),
            vpc: self.flag("ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED"),
        }
    }

    /// Where STS is.
    pub(super) fn sts_endpoint(&self) -> Result<Endpoint, Error> {
        let sts = self.sts();
        let region = sts.own_region.as_deref().or(sts.region.as_deref());
        sts::endpoint(sts.endpoint.as_ref(), region, sts.vpc)
    }

    fn first(&self, argument: Option<&str>, variables: &[&str]) -> Option<String> {
        let argument = argument.filter(|text| !text.is_empty()).map(str::to_owned);
        argument.or_else(|| variables.iter().find_map(|name| self.outside.variable(name)))
    }

    fn flag(&self, name: &str) -> bool {
        self.outside.variable(name).is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }
}

fn unreadable(path: &Path, error: &io::Error) -> String {
    if error.kind() == io::ErrorKind::NotFound {
        format!("there is no file {}", path.display())
    } else {
        format!("{} cannot be read: {}", path.display(), error.kind())
    }
}

fn named(label: &str, value: Option<String>, origin: impl FnOnce(String) -> Origin) -> Step {
    let named = value.is_some();
    let place = value
        .map_or_else(|| Place::Absent("not set".to_owned()), |value| Place::Known(origin(value)));
    Step { label: label.to_owned(), named, place }
}
