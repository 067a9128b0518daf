//! Credentials that serve now: fetched when first needed, once for all callers, and renewed before they end.
//! One file per source, `chain.rs` puts them in order. Knows no AICCS operation; the outside comes as `Environment`.

mod chain;
mod environment;
mod external;
mod ini;
mod metadata;
mod origin;
mod profile;
mod provenance;
mod session;
mod settings;
mod sso;
mod sts;
mod uri;

use std::fmt;
use std::sync::{Arc, Mutex as Lock, PoisonError};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;

use self::chain::{Chain, Place, Step};
use self::origin::Origin;
use super::environment::Environment;
use super::error::{Error, Kind, Processed};
use super::http::Endpoint;

pub use self::chain::Unused;
pub use self::settings::{AssumeRole, AssumeRoleWithOidc, Settings};
pub use super::key::{Credentials, Secret};
pub use super::provenance::Provenance;

/// A session is renewed this long before it ends; a short one after three quarters of its life.
const MARGIN: SignedDuration = SignedDuration::from_mins(15);

/// A session that does not say when it ends is renewed after this time.
const UNTOLD_LIFE: SignedDuration = SignedDuration::from_mins(15);

/// After a renewal that failed, the old session serves on this long before the next attempt.
const PATIENCE: SignedDuration = SignedDuration::from_secs(30);

/// Where credentials come from. Cloning shares the source and what it has fetched.
#[derive(Clone)]
pub struct Source(Arc<SourceKind>);

enum SourceKind {
    Chain(Box<Lazy>),
    Fixed(Credentials),
}

struct Lazy {
    settings: Settings,
    state: Mutex<State>,
    /// Where what is held comes from.
    provenance: Lock<Option<Arc<Provenance>>>,
}

#[derive(Default)]
struct State {
    held: Option<Held>,
    /// The step that served: it alone is asked again.
    step: Option<Step>,
}

struct Held {
    credentials: Credentials,
    renew_at: Option<Timestamp>,
}

impl Source {
    /// Credentials that are there already.
    pub fn fixed(credentials: Credentials) -> Self {
        Self(Arc::new(SourceKind::Fixed(credentials)))
    }

    /// Credentials of the first source that serves. Looks at nothing before the first use.
    pub fn chain(settings: Settings) -> Self {
        Self(Arc::new(SourceKind::Chain(Box::new(Lazy {
            settings,
            state: Mutex::default(),
            provenance: Lock::default(),
        }))))
    }

    /// Credentials that serve at `now`. Concurrent callers wait for one fetch.
    pub async fn current(
        &self,
        outside: &dyn Environment,
        now: Timestamp,
    ) -> Result<Credentials, Error> {
        let lazy = match &*self.0 {
            SourceKind::Fixed(credentials) => return Ok(credentials.clone()),
            SourceKind::Chain(lazy) => lazy,
        };
        let mut state = lazy.state.lock().await;
        if let Some(held) =
            state.held.as_ref().filter(|held| held.renew_at.is_none_or(|time| now < time))
        {
            return Ok(held.credentials.clone());
        }
        let chain = Chain { settings: &lazy.settings, outside };
        match fetch(&chain, state.step.as_ref(), now).await {
            Ok((credentials, step, provenance)) => {
                *lazy.provenance.lock().unwrap_or_else(PoisonError::into_inner) =
                    Some(Arc::new(provenance));
                let renew_at = renewal(&credentials, now);
                *state = State {
                    held: Some(Held { credentials: credentials.clone(), renew_at }),
                    step: Some(step),
                };
                Ok(credentials)
            }
            Err(error) => state.keep(now, &error).ok_or(error),
        }
    }

    /// Notes that the service refused these credentials' session. Whether another one could be had.
    pub async fn refused(&self, access_key_id: &str) -> bool {
        let lazy = match &*self.0 {
            SourceKind::Fixed(_) => return false,
            SourceKind::Chain(lazy) => lazy,
        };
        let mut state = lazy.state.lock().await;
        let is_key = |place: &Place| matches!(place, Place::Known(origin) if matches!(**origin, Origin::Key(_)));
        let key_itself = state.step.as_ref().is_some_and(|step| is_key(&step.place));
        if state.held.as_ref().is_some_and(|held| held.credentials.access_key_id == access_key_id) {
            state.held = None;
        }
        !key_itself || lazy.settings.assume_role.is_some()
    }

    /// Where the credentials in use come from; none before the first use.
    pub fn provenance(&self) -> Option<Arc<Provenance>> {
        match &*self.0 {
            SourceKind::Fixed(_) => None,
            SourceKind::Chain(lazy) => {
                lazy.provenance.lock().unwrap_or_else(PoisonError::into_inner).clone()
            }
        }
    }

    /// The sources that the settings name and that another one goes before.
    pub fn unused(&self, outside: &dyn Environment) -> Vec<Unused> {
        match &*self.0 {
            SourceKind::Fixed(_) => Vec::new(),
            // Whoever names none in the block costs nothing here.
            SourceKind::Chain(lazy) if !lazy.settings.names_a_source() => Vec::new(),
            SourceKind::Chain(lazy) => {
                chain::unused(&Chain { settings: &lazy.settings, outside }.steps())
            }
        }
    }

    /// Whether the settings say where STS is.
    pub(crate) fn names_sts(&self) -> bool {
        match &*self.0 {
            SourceKind::Fixed(_) => false,
            SourceKind::Chain(lazy) => lazy.settings.sts_endpoint.is_some(),
        }
    }

    /// Where STS is, by the same settings and environment.
    pub fn sts_endpoint(&self, outside: &dyn Environment) -> Result<Endpoint, Error> {
        match &*self.0 {
            SourceKind::Fixed(_) => Endpoint::parse("sts.aliyuncs.com"),
            SourceKind::Chain(lazy) => Chain { settings: &lazy.settings, outside }.sts_endpoint(),
        }
    }
}

impl State {
    /// The old credentials, where they still serve although a renewal failed.
    fn keep(&mut self, now: Timestamp, error: &Error) -> Option<Credentials> {
        let held = self.held.as_mut()?;
        let left = held.credentials.expires.map(|end| end.duration_since(now));
        if left.is_some_and(|left| left <= SignedDuration::ZERO) {
            return None;
        }
        tracing::debug!(error = %error, "credentials could not be renewed; the old ones still serve");
        let pause = left.map_or(PATIENCE, |left| PATIENCE.min(left / 4));
        held.renew_at = now.checked_add(pause).ok();
        Some(held.credentials.clone())
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            SourceKind::Chain(_) => formatter.write_str("Source::chain"),
            SourceKind::Fixed(credentials) => {
                formatter.debug_tuple("Source::fixed").field(credentials).finish()
            }
        }
    }
}

/// Reads both files of credentials as a fuzzer wrote them: whatever stands there, an error says nothing of it.
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) fn read_files(data: &[u8]) {
    let sts = profile::Sts::default();
    let file = String::from_utf8_lossy(data);
    let told = [
        profile::resolve(data, None, true, &sts),
        profile::resolve(data, Some("p"), true, &sts),
        ini::resolve(&file, "default", &sts),
    ];
    for why in told.into_iter().filter_map(Result::err) {
        assert!(why.len() < 20_000 && !why.contains(char::is_control), "{why:?}");
    }
}

/// When to fetch again; none: never.
fn renewal(credentials: &Credentials, now: Timestamp) -> Option<Timestamp> {
    match credentials.expires {
        Some(end) => {
            let life = end.duration_since(now).max(SignedDuration::ZERO);
            end.checked_sub(MARGIN.min(life / 4)).ok()
        }
        None if credentials.security_token.is_some() => now.checked_add(UNTOLD_LIFE).ok(),
        None => None,
    }
}

/// Fetches from the step that served before, else from the first one that serves.
async fn fetch(
    chain: &Chain<'_>,
    served: Option<&Step>,
    now: Timestamp,
) -> Result<(Credentials, Step, Provenance), Error> {
    let steps = served.map_or_else(|| chain.steps(), |step| vec![step.clone()]);
    let mut reasons = Vec::new();
    for step in steps {
        let error = match from_step(chain, &step, now).await {
            Ok((credentials, provenance)) => {
                tracing::debug!(
                    source = provenance.label,
                    access_key = masked(&credentials.access_key_id),
                    "credentials fetched"
                );
                return Ok((credentials, step, provenance));
            }
            Err(error) => error,
        };
        if step.named || served.is_some() || error.kind == Kind::Configuration {
            return Err(before_all(error, &step.label));
        }
        reasons.push(format!("{}: {}", step.label, error.message));
    }
    let mut error =
        Error::new(Kind::NoCredentials, "no credentials were found; tried, in this order");
    error.tried = reasons;
    Err(error)
}

async fn from_step(
    chain: &Chain<'_>,
    step: &Step,
    now: Timestamp,
) -> Result<(Credentials, Provenance), Error> {
    let origin = chain.origin(&step.place).map_err(|why| Error::new(Kind::NoCredentials, why))?;
    let origin = match chain.role()? {
        Some(role) => Origin::Role { base: Box::new(origin), role },
        None => origin,
    };
    match origin::fetch(&origin, chain.outside, now).await {
        Ok(credentials) => Ok((credentials, provenance::of(step, &origin))),
        Err(mut error) => {
            // STS speaks of the key that asked it.
            if let Origin::Role { base, .. } = &origin {
                error.provenance = Some(Arc::new(provenance::of(step, base)));
            }
            Err(error)
        }
    }
}

/// The error of a source that had to serve. Nothing was sent to AICCS, whatever happened.
fn before_all(mut error: Error, label: &str) -> Error {
    error.message = format!("credentials of {label}: {}", error.message);
    error.processed = Processed::No;
    error
}

/// `LTAI****0000`
fn masked(id: &str) -> String {
    let characters: Vec<char> = id.chars().collect();
    if characters.len() < 12 {
        return "****".to_owned();
    }
    let (head, tail) = (&characters[..4], &characters[characters.len() - 4..]);
    format!("{}****{}", String::from_iter(head), String::from_iter(tail))
}

#[cfg(test)]
mod tests;
