//! What a function is to a provider: its signature, and the call.

use crate::schema::Type;
use crate::value::Value;

/// A function: pure, called in a process that is never configured.
pub trait Function: Send + Sync {
    /// Its name, parameters and result.
    fn signature(&self) -> &'static Signature;

    /// The result for these arguments: one per parameter and those beyond, known and not null unless a parameter says otherwise.
    ///
    /// # Errors
    /// What is wrong with which argument.
    fn call(&self, arguments: &[Value]) -> Result<Value, Refusal>;
}

/// What a function takes and gives.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Signature {
    /// Its name after `provider::LOCAL_NAME::`.
    pub name: &'static str,
    /// What it does, in one line.
    pub summary: &'static str,
    /// What it does, in Markdown.
    pub doc: &'static str,
    /// Its parameters, in order.
    pub parameters: &'static [Parameter],
    /// The parameter that takes all arguments beyond those, if there may be more.
    pub variadic: Option<Parameter>,
    /// The type of its result.
    pub result: Type,
}

impl Signature {
    /// A function that says all there is to say of it in one line.
    pub const fn new(
        name: &'static str,
        summary: &'static str,
        parameters: &'static [Parameter],
        result: Type,
    ) -> Signature {
        Signature { name, summary, doc: summary, parameters, variadic: None, result }
    }

    /// With a longer description, in Markdown.
    pub const fn doc(mut self, doc: &'static str) -> Signature {
        self.doc = doc;
        self
    }

    /// With any number of further arguments, each as the parameter says.
    pub const fn variadic(mut self, parameter: Parameter) -> Signature {
        self.variadic = Some(parameter);
        self
    }
}

/// A parameter of a function.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Parameter {
    /// Its name, for messages.
    pub name: &'static str,
    /// Its type.
    pub ty: Type,
    /// What it is, in Markdown.
    pub doc: &'static str,
    /// Null arguments are passed on.
    pub allow_null: bool,
    /// Arguments that are unknown, or hold unknowns, are passed on. Else core gives an unknown result without a call.
    pub allow_unknown: bool,
}

impl Parameter {
    /// A parameter whose arguments are known and not null.
    pub const fn new(name: &'static str, ty: Type, doc: &'static str) -> Parameter {
        Parameter { name, ty, doc, allow_null: false, allow_unknown: false }
    }

    /// Null arguments are passed on.
    pub const fn allow_null(mut self) -> Parameter {
        self.allow_null = true;
        self
    }

    /// Unknown arguments are passed on.
    pub const fn allow_unknown(mut self) -> Parameter {
        self.allow_unknown = true;
        self
    }
}

/// Why a function has no result.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Refusal {
    /// The argument to blame, counted from 0.
    pub argument: Option<usize>,
    /// What is wrong, as a sentence.
    pub text: String,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Refusal {}
