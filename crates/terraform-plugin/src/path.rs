//! Attribute paths: where in a configuration or a state a value stands.

use std::borrow::Cow;
use std::fmt;

/// One step of a [`Path`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Step {
    /// Into an attribute or a nested block.
    Attribute(Cow<'static, str>),
    /// Into an element of a list, from 0.
    Index(i64),
    /// Into an element of a map.
    Key(String),
}

/// A path from the root of an object. Elements of sets cannot be addressed: a path stops at the set.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Path(Vec<Step>);

impl Path {
    /// The path to a root attribute or block.
    pub fn root(name: impl Into<Cow<'static, str>>) -> Path {
        Path(vec![Step::Attribute(name.into())])
    }

    /// This path and one more step.
    #[must_use]
    pub fn join(&self, step: Step) -> Path {
        let mut steps = self.0.clone();
        steps.push(step);
        Path(steps)
    }

    /// This path and a step into an attribute.
    #[must_use]
    pub fn attribute(&self, name: impl Into<Cow<'static, str>>) -> Path {
        self.join(Step::Attribute(name.into()))
    }

    /// Goes one step further in.
    pub fn push(&mut self, step: Step) {
        self.0.push(step);
    }

    /// Goes one step back out.
    pub fn pop(&mut self) {
        self.0.pop();
    }

    /// The steps, outermost first.
    pub fn steps(&self) -> &[Step] {
        &self.0
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, step) in self.0.iter().enumerate() {
            match step {
                Step::Attribute(name) if i == 0 => f.write_str(name)?,
                Step::Attribute(name) => write!(f, ".{name}")?,
                Step::Index(index) => write!(f, "[{index}]")?,
                Step::Key(key) => write!(f, "[{key:?}]")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Path, Step};

    #[test]
    fn a_path_reads_like_an_hcl_reference() {
        let path = Path::root("call_time").join(Step::Index(2)).attribute("start_time");
        assert_eq!(path.to_string(), "call_time[2].start_time");
        assert_eq!(Path::root("m").join(Step::Key("k".to_owned())).to_string(), "m[\"k\"]");
    }
}
