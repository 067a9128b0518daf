//! A whole provider: notes that are kept in the state alone, a data source that counts words, and a function.

use std::process::ExitCode;

use terraform_plugin::diagnostic::Diagnostics;
use terraform_plugin::driver::*;
use terraform_plugin::plugin::{Program, serve};
use terraform_plugin::schema::{Attribute, Mode, Schema, Type};
use terraform_plugin::value::Value;

const TEXT: Attribute = Attribute::new("text", Type::String, Mode::Required, "What it says.");
const WORDS: Attribute = Attribute::new("words", Type::Int, Mode::Computed, "How many words.");

static PROVIDER: Schema = Schema::of("Notes.", &[]);
static NOTE: Schema = Schema::of("A note.", &[TEXT, WORDS.recompute_on_change()]);
static COUNT: Schema = Schema::of("Words, counted.", &[TEXT, WORDS]);

struct Note;
struct Count;
struct Memo;

/// An object with its words counted.
fn counted(mut object: Value) -> Value {
    let words = object.get("text").as_str().unwrap_or_default().split_whitespace().count();
    object.put("words", Value::int(words as i64));
    object
}

impl Resource<()> for Note {
    fn name(&self) -> &'static str {
        "memo_note"
    }
    fn schema(&self) -> &'static Schema {
        &NOTE
    }
    fn create<'a>(&'a self, _: &'a Context<()>, change: &'a Change) -> BoxFuture<'a, Response> {
        Response::value(counted(change.planned.clone())).ready()
    }
    fn update<'a>(&'a self, _: &'a Context<()>, change: &'a Change) -> BoxFuture<'a, Response> {
        Response::value(counted(change.planned.clone())).ready()
    }
    fn import<'a>(&'a self, _: &'a Context<()>, _: &'a ImportTarget) -> BoxFuture<'a, Response> {
        Response::value(counted(NOTE.object([("text", Value::string("found again"))]))).ready()
    }
}

impl DataSource<()> for Count {
    fn name(&self) -> &'static str {
        "memo_count"
    }
    fn schema(&self) -> &'static Schema {
        &COUNT
    }
    fn read<'a>(&'a self, _: &'a Context<()>, config: &'a Value) -> BoxFuture<'a, Response> {
        Response::value(counted(config.clone())).ready()
    }
}

static SHOUT: Signature = Signature::new(
    "shout",
    "Says it loudly.",
    &[Parameter::new("text", Type::String, "What to say.")],
    Type::String,
);

impl Function for Memo {
    fn signature(&self) -> &'static Signature {
        &SHOUT
    }
    fn call(&self, arguments: &[Value]) -> Result<Value, Refusal> {
        Ok(Value::string(arguments[0].as_str().unwrap_or_default().to_uppercase()))
    }
}

impl Provider for Memo {
    type ProviderData = ();
    fn schema(&self) -> &'static Schema {
        &PROVIDER
    }
    fn configure(&self, _: &Value, _: &str) -> (Option<()>, Diagnostics) {
        (Some(()), Diagnostics::new())
    }
    fn resources(&self) -> &'static [&'static dyn Resource<()>] {
        &[&Note]
    }
    fn data_sources(&self) -> &'static [&'static dyn DataSource<()>] {
        &[&Count]
    }
    fn functions(&self) -> &'static [&'static dyn Function] {
        &[&Memo]
    }
}

fn main() -> ExitCode {
    serve(Memo, Program::new("terraform-provider-memo", &["registry.terraform.io/example/memo"]))
}
