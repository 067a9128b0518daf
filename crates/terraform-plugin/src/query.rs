//! The engine for what is only asked and never kept: data sources, functions, ephemeral resources.

use super::diagnostic::Diagnostics;
use super::driver::{
    DataSource, EphemeralResource, Function, Opened, Parameter, Provider, Refusal,
};
use super::engine::{Answer, Engine, Input, decode, encode, settle, sound, unknown};
use super::plan::mark_unknown;
use super::schema::Schema;
use super::validate::validate;
use super::value::Value;
use super::{json, msgpack};

impl<P: Provider> Engine<P> {
    /// Checks a data source's configuration.
    pub fn validate_data_source(&self, name: &str, config: &Input) -> Answer {
        settle(self.data_source(name).and_then(|source| {
            let config = decode(config, source.schema(), "configuration")?;
            let mut diagnostics = validate(&config, source.schema(), false);
            diagnostics.extend(source.check(&config));
            Ok(diagnostics.into())
        }))
    }

    /// Reads a data source.
    pub async fn read_data_source(
        &self,
        name: &str,
        config: &Input,
        deferral_allowed: bool,
    ) -> Answer {
        let read = async {
            let (source, allowed) = (self.data_source(name)?, deferral_allowed);
            let config = decode(config, source.schema(), "configuration")?;
            if self.waits() {
                let answer = unread(&config, source.schema(), Diagnostics::new());
                return Ok(answer.put_off(self.deferred(None), allowed, name));
            }
            let call = self.call(&[], allowed)?;
            let told = source.read(&call, &config).await;
            if let reason @ Some(_) = self.deferred(Some(&call)) {
                let answer = unread(&config, source.schema(), told.diagnostics);
                return Ok(answer.put_off(reason, allowed, name));
            }
            let value = encode(told.value.without_unknowns(), source.schema());
            Ok(Answer { value: Some(value), diagnostics: told.diagnostics, ..Answer::default() })
        };
        settle(read.await)
    }

    /// Calls a function; the result as msgpack.
    ///
    /// # Errors
    /// What is wrong with which argument.
    pub fn call_function(&self, name: &str, arguments: &[Input]) -> Result<Vec<u8>, Refusal> {
        let refuse = |argument, text: String| Refusal { argument, text };
        let functions = self.provider().functions();
        let Some(function) = functions.iter().find(|function| function.signature().name == name)
        else {
            return Err(refuse(None, format!("This provider has no function `{name}`.")));
        };
        let arguments = known(*function, arguments)?;
        let result = function.call(&arguments)?;
        Ok(msgpack::encode_value(&result, function.signature().result))
    }

    /// Checks the configuration of an ephemeral resource.
    pub fn validate_ephemeral(&self, name: &str, config: &Input) -> Answer {
        settle(self.ephemeral(name).and_then(|resource| {
            let config = decode(config, resource.schema(), "configuration")?;
            let mut diagnostics = validate(&config, resource.schema(), false);
            diagnostics.extend(resource.check(&config));
            Ok(diagnostics.into())
        }))
    }

    /// Opens an ephemeral resource.
    pub async fn open(&self, name: &str, config: &Input, deferral_allowed: bool) -> Answer {
        let open = async {
            let (resource, allowed) = (self.ephemeral(name)?, deferral_allowed);
            let config = decode(config, resource.schema(), "configuration")?;
            let mut diagnostics = validate(&config, resource.schema(), false);
            diagnostics.extend(resource.check(&config));
            if self.waits() && !diagnostics.has_errors() {
                let answer = unread(&config, resource.schema(), diagnostics);
                return Ok(answer.put_off(self.deferred(None), allowed, name));
            }
            let (config, call) = (sound(config, diagnostics)?, self.call(&[], allowed)?);
            let Opened { value, private, renew_at, diagnostics } =
                resource.open(&call, &config).await;
            if let reason @ Some(_) = self.deferred(Some(&call)) {
                let answer = unread(&config, resource.schema(), diagnostics);
                return Ok(answer.put_off(reason, allowed, name));
            }
            let value = encode(value.without_unknowns(), resource.schema());
            Ok(Answer { value: Some(value), private, renew_at, diagnostics, ..Answer::default() })
        };
        settle(open.await)
    }

    /// Renews an ephemeral resource.
    pub async fn renew(&self, name: &str, private: &[u8]) -> Answer {
        let renew = async {
            let (resource, call) = (self.ephemeral(name)?, self.call(private, false)?);
            let Opened { private, renew_at, diagnostics, .. } = resource.renew(&call).await;
            Ok(Answer { private, renew_at, diagnostics, ..Answer::default() })
        };
        settle(renew.await)
    }

    /// Ends an ephemeral resource.
    pub async fn close(&self, name: &str, private: &[u8]) -> Answer {
        let close = async {
            let (resource, call) = (self.ephemeral(name)?, self.call(private, false)?);
            Ok(resource.close(&call).await.into())
        };
        settle(close.await)
    }

    fn ephemeral(
        &self,
        name: &str,
    ) -> Result<&'static dyn EphemeralResource<P::ProviderData>, Diagnostics> {
        let all = self.provider().ephemeral_resources();
        let found = all.iter().find(|resource| resource.name() == name);
        found.copied().ok_or_else(|| unknown("ephemeral resource", name))
    }

    fn data_source(
        &self,
        name: &str,
    ) -> Result<&'static dyn DataSource<P::ProviderData>, Diagnostics> {
        let found = self.provider().data_sources().iter().find(|source| source.name() == name);
        found.copied().ok_or_else(|| unknown("data source", name))
    }
}

/// What can be said of an object that is not read yet: its configuration.
fn unread(config: &Value, schema: &Schema, diagnostics: Diagnostics) -> Answer {
    let mut value = config.clone();
    mark_unknown(schema, config, true, &mut value);
    Answer { value: Some(encode(value, schema)), diagnostics, ..Answer::default() }
}

/// The arguments as the function takes them: as many as it has parameters, or more where one takes the rest.
fn known(function: &dyn Function, arguments: &[Input]) -> Result<Vec<Value>, Refusal> {
    let (parameters, rest) = (function.signature().parameters, &function.signature().variadic);
    let (least, given) = (parameters.len(), arguments.len());
    if given < least || given > least && rest.is_none() {
        let at_least = if rest.is_some() { "At least " } else { "" };
        let text = format!("{at_least}{least} arguments are required, not {given}.");
        return Err(Refusal { argument: None, text });
    }
    let each = arguments.iter().enumerate().filter_map(|(index, input)| {
        let parameter = parameters.get(index).or(rest.as_ref())?;
        Some(argument(parameter, input).map_err(|text| Refusal { argument: Some(index), text }))
    });
    each.collect()
}

fn argument(parameter: &Parameter, input: &Input) -> Result<Value, String> {
    let value = match input.msgpack.is_empty() {
        true => json::decode_value(&input.json, parameter.ty),
        false => msgpack::decode_value(&input.msgpack, parameter.ty),
    };
    let value = value.map_err(|error| error.to_string())?;
    let known = parameter.allow_unknown || value.is_wholly_known();
    if known && (parameter.allow_null || !value.bare().is_null()) {
        return Ok(value);
    }
    let must = match (parameter.allow_null, parameter.allow_unknown) {
        (true, _) => "known",
        (false, true) => "not null",
        (false, false) => "known and not null",
    };
    Err(format!("`{}` must be {must}.", parameter.name))
}
