//! The engine for what is only asked and never kept: data sources, functions, ephemeral resources.

use super::diagnostic::Diagnostics;
use super::driver::{DataSource, EphemeralResource, Function, Opened, Provider, Refusal};
use super::engine::{Answer, Engine, Input, decode, encode, settle, sound, unknown};
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
    pub async fn read_data_source(&self, name: &str, config: &Input) -> Answer {
        let read = async {
            let (source, call) = (self.data_source(name)?, self.call(&[])?);
            let config = decode(config, source.schema(), "configuration")?;
            let told = source.read(&call, &config).await;
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
    pub async fn open(&self, name: &str, config: &Input) -> Answer {
        let open = async {
            let (resource, call) = (self.ephemeral(name)?, self.call(&[])?);
            let config = decode(config, resource.schema(), "configuration")?;
            let mut diagnostics = validate(&config, resource.schema(), false);
            diagnostics.extend(resource.check(&config));
            let config = sound(config, diagnostics)?;
            let Opened { value, private, renew_at, diagnostics } =
                resource.open(&call, &config).await;
            let value = encode(value.without_unknowns(), resource.schema());
            Ok(Answer { value: Some(value), private, renew_at, diagnostics, ..Answer::default() })
        };
        settle(open.await)
    }

    /// Renews an ephemeral resource.
    pub async fn renew(&self, name: &str, private: &[u8]) -> Answer {
        let renew = async {
            let (resource, call) = (self.ephemeral(name)?, self.call(private)?);
            let Opened { private, renew_at, diagnostics, .. } = resource.renew(&call).await;
            Ok(Answer { private, renew_at, diagnostics, ..Answer::default() })
        };
        settle(renew.await)
    }

    /// Ends an ephemeral resource.
    pub async fn close(&self, name: &str, private: &[u8]) -> Answer {
        let close = async {
            let (resource, call) = (self.ephemeral(name)?, self.call(private)?);
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

/// The arguments as the function takes them: as many as it has parameters, known, not null.
fn known(function: &dyn Function, arguments: &[Input]) -> Result<Vec<Value>, Refusal> {
    let parameters = function.signature().parameters;
    if parameters.len() != arguments.len() {
        let text = format!("{} arguments are required, not {}.", parameters.len(), arguments.len());
        return Err(Refusal { argument: None, text });
    }
    let argument = |(index, (parameter, input)): (usize, (_, &Input))| {
        let parameter: &super::driver::Parameter = parameter;
        let refuse = |text: String| Refusal { argument: Some(index), text };
        let value = if input.msgpack.is_empty() {
            json::decode_value(&input.json, parameter.ty).map_err(refuse)?
        } else {
            msgpack::decode_value(&input.msgpack, parameter.ty)
                .map_err(|error| refuse(error.to_string()))?
        };
        if value.is_wholly_known() && !value.is_null() {
            Ok(value)
        } else {
            Err(refuse(format!("`{}` must be known and not null.", parameter.name)))
        }
    };
    parameters.iter().zip(arguments).enumerate().map(argument).collect()
}
