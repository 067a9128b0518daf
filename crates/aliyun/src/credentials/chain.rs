//! The order of the sources: that of `aliyun/alicloud`, then the files that the official SDKs look at.
//! A source that was named must serve; one that merely might be there is passed over, and the final error says why.

use std::io;
use std::path::PathBuf;

use super::environment::{self, Arguments};
use super::origin::Origin;
use super::profile::Sts;
use super::settings::{AssumeRoleWithOidc, Settings};
use super::sts::{self, Role, Token};
use super::{ini, profile};
use crate::environment::{Environment, expand};
use crate::error::Error;
use crate::http::Endpoint;
use crate::key::Secret;
use crate::text::word;

/// A place where credentials may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Step {
    /// How errors and logs call it: "access key from ALICLOUD_ACCESS_KEY".
    pub(super) label: String,
    /// The argument or variable that names it.
    pub(super) set_by: String,
    /// The argument of the provider block that names it, with what it is called there.
    pub(super) argument: Option<(&'static str, String)>,
    /// The user named it: if it does not serve, nothing else is tried.
    pub(super) named: bool,
    pub(super) place: Place,
    /// Where access key id, secret and token stand, if it is an access key that is known.
    pub(super) places: Option<[String; 3]>,
}

/// How a step gets its origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// It has none: the end of a sentence says why.
    Absent(String),
    /// A section of `credentials.ini`.
    Ini { path: PathBuf, section: String },
    /// It is known.
    Known(Box<Origin>),
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
        let uri = self.first_named(
            "credentials_uri",
            settings.credentials_uri.as_deref(),
            &["ALICLOUD_CREDENTIALS_URI", "ALIBABA_CLOUD_CREDENTIALS_URI"],
        );
        steps.push(named("credentials_uri", "credentials_uri", uri, Origin::Uri));
        let role = self.first_named(
            "ecs_role_name",
            settings.ecs_role_name.as_deref(),
            &["ALICLOUD_ECS_ROLE_NAME", "ALIBABA_CLOUD_ECS_METADATA"],
        );
        let what =
            role.as_ref().map_or_else(String::new, |(role, _)| format!("RAM role {}", word(role)));
        steps.push(named("ecs_role_name", &what, role, |role| Origin::Metadata(Some(role))));
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
        // As for aliyun/alicloud, a block without a role asks for none.
        let arn = first(&block.role_arn, &["ALICLOUD_ASSUME_ROLE_ARN", "ALIBABA_CLOUD_ROLE_ARN"]);
        let Some(arn) = arn else {
            return Ok(None);
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
        let read = |path: &PathBuf| self.outside.read(path).map_err(|error| unreadable(&error));
        let told = |why: String| format!("the file {why}");
        match place {
            Place::Absent(why) => Err(why.clone()),
            Place::Known(origin) => Ok((**origin).clone()),
            Place::Profile { path, name } => {
                let own_role = self.settings.assume_role.is_none();
                profile::resolve(&read(path)?, name.as_deref(), own_role, &self.sts()).map_err(told)
            }
            Place::Ini { path, section } => {
                let file = String::from_utf8_lossy(&read(path)?).into_owned();
                ini::resolve(&file, section, &self.sts()).map_err(told)
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
        let absent = |named, why| Step {
            label: "access_key".to_owned(),
            set_by: String::new(),
            argument: None,
            named,
            place: Place::Absent(why),
            places: None,
        };
        match environment::key(arguments, self.outside) {
            Ok(Some(found)) => Step {
                label: format!("access key from {}", found.places[0]),
                set_by: found.places[0].clone(),
                argument: None,
                named: true,
                place: Place::Known(Box::new(Origin::Key(found.key))),
                places: Some(found.places),
            },
            Ok(None) => absent(false, "neither set nor in the environment".to_owned()),
            // Half a key is never passed over: the next source may be another account's.
            Err(why) => absent(true, why),
        }
    }

    fn named_profile(&self) -> Step {
        let name = self.profile_name();
        let mut named = name.is_some();
        let (mut label, mut set_by) = ("profile".to_owned(), String::new());
        let mut place = match (name, self.config_file()) {
            (None, _) => Place::Absent("not set".to_owned()),
            (Some(_), None) => Place::Absent(UNKNOWN_HOME.to_owned()),
            (Some((name, by)), Some(path)) => {
                label = format!("profile {} of {}", word(&name), path.display());
                set_by = by;
                Place::Profile { path, name: Some(name) }
            }
        };
        // A name in the environment may be meant for a section of credentials.ini.
        if self.settings.profile.is_none()
            && self.settings.shared_credentials_file.is_none()
            && let Err(why) = self.origin(&place)
        {
            (named, place) = (false, Place::Absent(why));
        }
        let argument = self.settings.profile.clone().map(|name| ("profile", name));
        Step { label, set_by, argument, named, place, places: None }
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
                Place::Known(Box::new(Origin::Oidc { provider_arn, token, role }))
            }
            (None, ..) => Place::Absent("no token and no token file".to_owned()),
            (_, None, ..) => Place::Absent("no role_arn".to_owned()),
            (_, _, None, _) => Place::Absent("no oidc_provider_arn".to_owned()),
            (_, _, _, Err(error)) => Place::Absent(error.message.clone()),
        };
        let named = block.is_some() || matches!(place, Place::Known(_));
        let (label, set_by) = if block.is_none() && named {
            let variable = "ALIBABA_CLOUD_OIDC_TOKEN_FILE";
            (format!("OIDC token from {variable}"), variable)
        } else {
            ("assume_role_with_oidc".to_owned(), "assume_role_with_oidc")
        };
        let argument = block.map(|_| ("assume_role_with_oidc", String::new()));
        Step { label, set_by: set_by.to_owned(), argument, named, place, places: None }
    }

    /// The files that the official SDKs look at without being told to.
    fn official(&self) -> [Step; 2] {
        let unknown = || Place::Absent(UNKNOWN_HOME.to_owned());
        let disabled = self.flag("ALIBABA_CLOUD_CLI_PROFILE_DISABLED");
        let mut current = "the current profile".to_owned();
        let config = match self.config_file() {
            _ if disabled => Place::Absent("ALIBABA_CLOUD_CLI_PROFILE_DISABLED is true".to_owned()),
            _ if self.profile_name().is_some() => {
                Place::Absent("another profile is named".to_owned())
            }
            Some(path) => {
                current = format!("{current} of {}", path.display());
                Place::Profile { path, name: None }
            }
            None => unknown(),
        };
        let section = self.profile_name().map_or_else(|| "default".to_owned(), |(name, _)| name);
        let path =
            self.outside.home().map(|home| home.join(".alibabacloud").join("credentials.ini"));
        let path = self
            .outside
            .variable("ALIBABA_CLOUD_CREDENTIALS_FILE")
            .map(|path| self.expand(&path))
            .or(path);
        let found = path.as_ref().map_or_else(
            || "credentials.ini".to_owned(),
            |path| format!("section {} of {}", word(&section), path.display()),
        );
        let ini = path.map_or_else(unknown, |path| Place::Ini { path, section });
        let file = self.settings.shared_credentials_file.clone();
        let file = file.filter(|_| self.settings.profile.is_none());
        let argument = file.map(|file| ("shared_credentials_file", file));
        let set_by = String::new;
        let step = |label, argument, place| Step {
            label,
            set_by: set_by(),
            argument,
            named: false,
            place,
            places: None,
        };
        [step(current, argument, config), step(found, None, ini)]
    }

    /// The profile, and the argument or variable that names it.
    fn profile_name(&self) -> Option<(String, String)> {
        let names = ["ALICLOUD_PROFILE", "ALIBABA_CLOUD_PROFILE"];
        self.first_named("profile", self.settings.profile.as_deref(), &names)
    }

    fn config_file(&self) -> Option<PathBuf> {
        let names = ["ALICLOUD_SHARED_CREDENTIALS_FILE", "ALIBABA_CLOUD_CREDENTIALS_FILE"];
        match self.first(self.settings.shared_credentials_file.as_deref(), &names) {
            Some(path) => Some(self.expand(&path)),
            None => Some(self.outside.home()?.join(".aliyun").join("config.json")),
        }
    }

    fn expand(&self, path: &str) -> PathBuf {
        expand(path, self.outside)
    }

    fn sts(&self) -> Sts {
        let own = "ALIBABA_CLOUD_STS_REGION";
        Sts {
            endpoint: self.settings.sts_endpoint.clone(),
            own_region: self.outside.variable(own).map(|region| (region, own.to_owned())),
            region: self.first_named(
                "region",
                self.settings.region.as_deref(),
                &["ALICLOUD_REGION", "ALIBABA_CLOUD_REGION"],
            ),
            vpc: self.flag("ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED"),
        }
    }

    /// Where STS is.
    pub(super) fn sts_endpoint(&self) -> Result<Endpoint, Error> {
        let sts = self.sts();
        sts::endpoint(
            sts.endpoint.as_ref(),
            sts.own_region.as_ref().or(sts.region.as_ref()),
            sts.vpc,
        )
    }

    fn first(&self, argument: Option<&str>, variables: &[&str]) -> Option<String> {
        self.first_named("", argument, variables).map(|(value, _)| value)
    }

    /// The argument, else the first variable that is set; and the name of the one that counts.
    fn first_named(
        &self,
        name: &str,
        argument: Option<&str>,
        variables: &[&str],
    ) -> Option<(String, String)> {
        let argument = argument.filter(|text| !text.is_empty());
        let variable = |name: &&str| Some((self.outside.variable(name)?, (*name).to_owned()));
        argument
            .map(|value| (value.to_owned(), name.to_owned()))
            .or_else(|| variables.iter().find_map(variable))
    }

    fn flag(&self, name: &str) -> bool {
        self.outside.variable(name).is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }
}

fn unreadable(error: &io::Error) -> String {
    if error.kind() == io::ErrorKind::NotFound {
        "there is no such file".to_owned()
    } else {
        format!("the file cannot be read: {}", error.kind())
    }
}

const UNKNOWN_HOME: &str = "the home directory is unknown (HOME is not set)";

/// A source that one value names: `what` is it called, `value` comes with the name of its argument or variable.
fn named(
    name: &'static str,
    what: &str,
    value: Option<(String, String)>,
    origin: impl FnOnce(String) -> Origin,
) -> Step {
    let Some((value, by)) = value else {
        let place = Place::Absent("not set".to_owned());
        let (label, set_by) = (name.to_owned(), String::new());
        return Step { label, set_by, argument: None, named: false, place, places: None };
    };
    let label = if what == by { by.clone() } else { format!("{what} from {by}") };
    let argument = (by == name).then(|| (name, word(&value)));
    Step {
        label,
        set_by: by,
        argument,
        named: true,
        place: Place::Known(Box::new(origin(value))),
        places: None,
    }
}

/// A source that the provider block names and that another one goes before.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Unused {
    /// The argument or block.
    pub argument: &'static str,
    /// What it says.
    pub value: String,
    /// The argument or variable that names the source that is used.
    pub used: String,
}

/// The sources that the provider block names in vain.
pub(super) fn unused(steps: &[Step]) -> Vec<Unused> {
    let Some(first) = steps.iter().position(|step| step.named) else {
        return Vec::new();
    };
    let used = &steps[first];
    if used.set_by.is_empty() {
        return Vec::new();
    }
    let rest = steps[first + 1..].iter().filter_map(|step| step.argument.clone());
    rest.map(|(argument, value)| Unused { argument, value, used: used.set_by.clone() }).collect()
}
