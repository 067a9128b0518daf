//! The closed vocabularies of a call task: each word is written once, and read into an enum where it is decoded.

use terraform_plugin::value::Value;

/// What a destroy does (`deletion_policy`).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum DeletionPolicy {
    /// Stops the task and forgets it.
    #[default]
    Stop,
    /// Stops it, and renames it so that its name is free.
    Retire,
    /// Leaves it as it is.
    Abandon,
    /// Refuses.
    Prevent,
}

impl DeletionPolicy {
    /// In the order of the documentation; the first is the default.
    pub(crate) const WORDS: &'static [&'static str] = &["STOP", "RETIRE", "ABANDON", "PREVENT"];

    /// Of a state or a plan; an imported state may not have one yet.
    pub(crate) fn of(object: &Value) -> DeletionPolicy {
        DeletionPolicy::parse(object.get("deletion_policy").as_str())
    }

    /// Of a word.
    pub(crate) fn parse(word: Option<&str>) -> DeletionPolicy {
        const ALL: [DeletionPolicy; 4] = [
            DeletionPolicy::Stop,
            DeletionPolicy::Retire,
            DeletionPolicy::Abandon,
            DeletionPolicy::Prevent,
        ];
        pick(Self::WORDS, &ALL, word).unwrap_or_default()
    }
}

/// How a task starts (`start_type`, `StartType`).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum StartType {
    /// With its first callees.
    Immediate,
    /// At its time.
    Schedule,
}

impl StartType {
    /// In the order of the documentation.
    pub(crate) const WORDS: &'static [&'static str] = &["IMMEDIATE", "SCHEDULE"];

    /// Of a configuration, a state or a plan; none where it is not known.
    pub(crate) fn of(object: &Value) -> Option<StartType> {
        StartType::parse(object.get("start_type").as_str())
    }

    /// Of a word, as configurations and the service write it.
    pub(crate) fn parse(word: Option<&str>) -> Option<StartType> {
        pick(Self::WORDS, &[StartType::Immediate, StartType::Schedule], word)
    }

    /// Whether an object's task starts at a time of its own.
    pub(crate) fn is_scheduled(object: &Value) -> bool {
        StartType::of(object) == Some(StartType::Schedule)
    }
}

fn pick<T: Copy>(words: &[&str], all: &[T], word: Option<&str>) -> Option<T> {
    let at = words.iter().position(|known| Some(*known) == word)?;
    all.get(at).copied()
}

#[cfg(test)]
mod tests {
    use terraform_plugin::value::Value;

    use super::{DeletionPolicy, StartType};

    #[test]
    fn every_word_is_its_own_variant() {
        let policy = |word: &str| {
            DeletionPolicy::of(&Value::object([("deletion_policy", Value::string(word))]))
        };
        let shown: Vec<String> =
            DeletionPolicy::WORDS.iter().map(|word| format!("{:?}", policy(word))).collect();
        assert_eq!(shown, ["Stop", "Retire", "Abandon", "Prevent"]);
        assert_eq!(policy("retire"), DeletionPolicy::Stop, "what no check lets through");
        let start = |word: &str| StartType::parse(Some(word));
        assert_eq!(start("IMMEDIATE"), Some(StartType::Immediate));
        assert_eq!((start("SCHEDULE"), start("later")), (Some(StartType::Schedule), None));
        let object = Value::object([("start_type", Value::string("SCHEDULE"))]);
        assert!(StartType::is_scheduled(&object) && !StartType::is_scheduled(&Value::Null));
    }
}
