//! Objects that a `moved` block, or another address of the provider, brings here from elsewhere.

use super::diagnostic::Diagnostics;
use super::driver::{MovedFrom, Provider};
use super::engine::{Answer, Engine, encode, identity, settle};

/// What is moved, as it arrives.
#[derive(Debug, Default)]
pub struct MoveInputs {
    /// The address of the provider that has stored it.
    pub provider: String,
    /// Its type there.
    pub type_name: String,
    /// The version of its schema there.
    pub version: i64,
    /// Its state, JSON.
    pub state: bytes::Bytes,
    /// Its private data.
    pub private: bytes::Bytes,
    /// Its identity, JSON, and the version of that; empty: none.
    pub identity: (bytes::Bytes, i64),
}

impl<P: Provider> Engine<P> {
    /// Takes over an object of another address or type. The same type of this provider under another address is what it was;
    /// what else can become one of these is the resource's own knowledge.
    pub fn take_over(&self, name: &str, moved: &MoveInputs) -> Answer {
        settle(self.resource(name).and_then(|resource| {
            let schema = resource.schema();
            let source = self.provider().source();
            let ours = !source.is_empty() && moved.provider.ends_with(&format!("/{source}"));
            if ours && moved.type_name == name {
                let mut answer = self.upgrade(name, moved.version, &moved.state);
                let (by, version) = &moved.identity;
                if !by.is_empty() && resource.identity().is_some() {
                    let mut upgraded = self.upgrade_identity(name, *version, by);
                    answer.diagnostics.extend(std::mem::take(&mut upgraded.diagnostics));
                    answer.identity = upgraded.identity;
                }
                if answer.diagnostics.has_errors() {
                    return Err(answer.diagnostics);
                }
                answer.private = moved.private.to_vec();
                return Ok(answer);
            }
            let from = MovedFrom {
                provider: &moved.provider,
                type_name: &moved.type_name,
                version: moved.version,
                state: &moved.state,
            };
            let Some(state) = resource.moved(&from) else {
                return Err(refused(name, source, moved));
            };
            let state = state?;
            let identity = identity(resource, &state);
            Ok(Answer { value: Some(encode(state, schema)), identity, ..Answer::default() })
        }))
    }
}

fn refused(name: &str, source: &str, moved: &MoveInputs) -> Diagnostics {
    let mut out = Diagnostics::new();
    let MoveInputs { provider, type_name, .. } = moved;
    let detail = format!(
        "A `{type_name}` of {provider} cannot become a `{name}`. What can be moved is a `{name}` of this provider, also where its \
         address was another one that ends in /{source}. Nothing was changed. Remove the `moved` block; to manage something that \
         is there already, import it."
    );
    out.error(format!("Cannot move `{type_name}` to `{name}`"), detail);
    out
}
