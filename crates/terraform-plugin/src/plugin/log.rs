//! Logs as hosts read them: one JSON object a line on stderr. Only the crates pass that the provider names, since
//! dependencies may log addresses with secrets in them; nothing is written unless TF_LOG asks.

use std::fmt;
use std::io::Write;

use serde_json::{Map, Value as Json};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::{LookupSpan, Registry};

use super::Program;

/// The crate of this file, as targets begin with it.
const OWN: &str = env!("CARGO_CRATE_NAME");

/// Logs from now on, at the level that the environment asks for; not at all when it asks for none.
pub(super) fn install(program: Program) {
    let Some(level) = level(program.name, |name| std::env::var(name).ok()) else { return };
    let layer = HostLog {
        level,
        address: program.addresses.first().copied().unwrap_or_default(),
        crates: program.log_crates,
    };
    // A second subscriber in one process is a test's affair.
    let _ = tracing::subscriber::set_global_default(Registry::default().with(layer));
}

/// `TF_LOG_PROVIDER_<NAME>`, else `TF_LOG_PROVIDER`, else `TF_LOG`.
fn level(name: &str, var: impl Fn(&str) -> Option<String>) -> Option<Level> {
    let short =
        name.trim_start_matches("terraform-provider-").to_ascii_uppercase().replace('-', "_");
    let names =
        [format!("TF_LOG_PROVIDER_{short}"), "TF_LOG_PROVIDER".to_owned(), "TF_LOG".to_owned()];
    let asked = names.iter().find_map(|name| var(name).filter(|value| !value.is_empty()))?;
    match asked.to_ascii_uppercase().as_str() {
        "TRACE" | "JSON" => Some(Level::TRACE),
        "DEBUG" => Some(Level::DEBUG),
        "INFO" => Some(Level::INFO),
        "WARN" => Some(Level::WARN),
        "ERROR" => Some(Level::ERROR),
        "OFF" => None,
        // Terraform takes an unknown word for TRACE.
        _ => Some(Level::TRACE),
    }
}

struct HostLog {
    level: Level,
    address: &'static str,
    crates: &'static [&'static str],
}

impl HostLog {
    fn is_ours(&self, target: &str) -> bool {
        let name = target.split("::").next().unwrap_or_default();
        name == OWN || self.crates.contains(&name)
    }
}

/// The fields of a span, kept beside it.
struct Fields(Map<String, Json>);

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for HostLog {
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        *metadata.level() <= self.level && self.is_ours(metadata.target())
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Fields(Map::new());
        attributes.record(&mut fields);
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<Fields>()
        {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut line = Fields(Map::new());
        line.0.insert(
            "@level".to_owned(),
            event.metadata().level().as_str().to_ascii_lowercase().into(),
        );
        line.0.insert("@module".to_owned(), "provider".into());
        line.0.insert("@timestamp".to_owned(), timestamp().into());
        line.0.insert("tf_provider_addr".to_owned(), self.address.into());
        line.0.insert("tf_proto_version".to_owned(), "6.11".into());
        for span in context.event_scope(event).into_iter().flat_map(|scope| scope.from_root()) {
            if let Some(fields) = span.extensions().get::<Fields>() {
                line.0.extend(fields.0.iter().map(|(name, value)| (name.clone(), value.clone())));
            }
        }
        event.record(&mut line);
        let message = line.0.remove("message").unwrap_or_else(|| "".into());
        // Hosts crash on a message that is no string.
        let message = message.as_str().map_or_else(|| message.to_string(), str::to_owned);
        line.0.insert("@message".to_owned(), message.into());
        let mut text = Json::Object(line.0).to_string();
        text.push('\n');
        let _ = std::io::stderr().lock().write_all(text.as_bytes());
    }
}

/// Exactly six digits of fraction: hosts take a line with any other time for raw text.
fn timestamp() -> String {
    format!("{:.6}", jiff::Timestamp::now())
}

impl Visit for Fields {
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.0.insert(field.name().to_owned(), value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.0.insert(field.name().to_owned(), value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.0.insert(field.name().to_owned(), value.into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if !value.is_empty() {
            self.0.insert(field.name().to_owned(), value.into());
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.insert(field.name().to_owned(), format!("{value:?}").into());
    }
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::{level, timestamp};

    fn check(variables: &[(&str, &str)], expected: Option<Level>) {
        let var =
            |name: &str| variables.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned());
        assert_eq!(level("terraform-provider-memo", var), expected, "{variables:?}");
    }

    #[test]
    fn the_most_specific_variable_decides() {
        check(&[], None);
        check(&[("TF_LOG", "")], None);
        check(&[("TF_LOG", "debug")], Some(Level::DEBUG));
        check(&[("TF_LOG", "TRACE"), ("TF_LOG_PROVIDER", "WARN")], Some(Level::WARN));
        check(&[("TF_LOG_PROVIDER", "WARN"), ("TF_LOG_PROVIDER_MEMO", "INFO")], Some(Level::INFO));
        check(&[("TF_LOG", "OFF")], None);
        check(&[("TF_LOG", "JSON")], Some(Level::TRACE));
    }

    #[test]
    fn times_have_six_digits_of_fraction() {
        let text = timestamp();
        let fraction = text.split_once('.').unwrap().1;
        assert_eq!(fraction.len(), 7, "{text}");
        assert!(fraction.ends_with('Z'));
    }
}
