//! What a function is to a provider: its signature, and the call.

use crate::schema::Type;
use crate::value::Value;

/// A function: pure, called in a process that is never configured.
pub trait Function: Send + Sync {
    /// Its name, parameters and result.
    fn signature(&self) -> &'static Signature;

    /// The result for these arguments: one per parameter, known and not null.
    ///
    /// # Errors
    /// What is wrong with which argument.
    fn call(&self, arguments: &[Value]) -> Result<Value, Refusal>;
}

/// What a function takes and gives.
#[derive(Debug)]
pub struct Signature {
    /// Its name after `provider::LOCAL_NAME::`.
    pub name: &'static str,
    /// What it does, in one line.
    pub summary: &'static str,
    /// What it does, in Markdown.
    pub doc: &'static str,
    /// Its parameters, in order.
    pub parameters: &'static [Parameter],
    /// The type of its result.
    pub result: Type,
}

/// A parameter of a function.
#[derive(Debug)]
pub struct Parameter {
    /// Its name, for messages.
    pub name: &'static str,
    /// Its type.
    pub ty: Type,
    /// What it is, in Markdown.
    pub doc: &'static str,
}

/// Why a function has no result.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Refusal {
    /// The argument to blame, counted from 0.
    pub argument: Option<usize>,
    /// What is wrong, as a sentence.
    pub text: String,
}
