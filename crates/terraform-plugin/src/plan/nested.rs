//! Plans of schemas that have something to plan inside: nested attributes and blocks with computed members, defaults, spellings,
//! replacements or modifiers. An object inside is carried over from the one before it that has its name, index or key; in a set,
//! from one that has all its configured members.

use std::collections::BTreeMap;

use super::{Plan, carry, writes};
use crate::path::{Path, Step};
use crate::schema::{Attribute, AttributePlan, NestedBlock, Nesting, Schema, Settles, Type};
use crate::value::{Object, Value};

/// Plans a create or an update.
pub(super) fn plan(schema: &Schema, config: &Value, prior: &Value) -> Plan {
    let mut turn = Turn::new(config, prior);
    let shape = Shape { attributes: schema.attributes, blocks: schema.blocks };
    let mut planned = turn.object(shape, config, prior);
    turn.changes = writes(schema, prior, &planned);
    if turn.changes {
        planned = turn.object(shape, config, prior);
    }
    if schema.depth.modifies {
        turn.before = Some(planned);
        planned = turn.object(shape, config, prior);
    }
    let mut replace = turn.replace;
    if !prior.is_null() {
        let mut found = Replaced { path: Path::default(), found: Vec::new() };
        found.members(shape, prior, &planned);
        found.found.retain(|path| !replace.contains(path));
        replace.extend(found.found);
    }
    Plan { planned, replace }
}

/// What an object holds.
#[derive(Clone, Copy)]
struct Shape {
    attributes: &'static [Attribute],
    blocks: &'static [NestedBlock],
}

impl Shape {
    fn inside(attributes: &'static [Attribute]) -> Shape {
        Shape { attributes, blocks: &[] }
    }

    fn of(block: &NestedBlock) -> Shape {
        Shape { attributes: block.attributes, blocks: block.blocks }
    }
}

/// One turn over the whole object.
struct Turn<'a> {
    config: &'a Value,
    prior: &'a Value,
    /// The object changes, and what may become another one with every change is unknown.
    changes: bool,
    /// In the turn of the modifiers: what was planned before.
    before: Option<Value>,
    path: Path,
    /// How many sets there are around: inside, nothing has an address.
    sets: usize,
    replace: Vec<Path>,
}

impl<'a> Turn<'a> {
    fn new(config: &'a Value, prior: &'a Value) -> Turn<'a> {
        let (path, replace) = (Path::default(), Vec::new());
        Turn { config, prior, changes: false, before: None, path, sets: 0, replace }
    }

    fn within<T>(&mut self, step: Step, run: impl FnOnce(&mut Self) -> T) -> T {
        if self.sets > 0 {
            return run(self);
        }
        self.path.push(step);
        let result = run(self);
        self.path.pop();
        result
    }

    fn object(&mut self, shape: Shape, config: &Value, prior: &Value) -> Value {
        if !matches!(config, Value::Object(_)) {
            return config.clone();
        }
        let mut planned = Object::with_capacity(shape.attributes.len() + shape.blocks.len());
        for attribute in shape.attributes {
            let name = attribute.name;
            let value = self.within(Step::Attribute(name.into()), |turn| {
                let member = (config.get(name), prior.get(name));
                let value = turn.attribute(attribute, member, prior.is_null());
                turn.modified(attribute, member, value)
            });
            planned.insert(name.into(), value);
        }
        for block in shape.blocks {
            let name = block.name;
            let value = self.within(Step::Attribute(name.into()), |turn| {
                turn.nested(block.nesting, Shape::of(block), config.get(name), prior.get(name))
            });
            planned.insert(name.into(), value);
        }
        Value::Object(planned)
    }

    /// The plan of an attribute of an object that is new or was there.
    fn attribute(
        &mut self,
        attribute: &Attribute,
        (config, prior): (&Value, &Value),
        new: bool,
    ) -> Value {
        if matches!(attribute.ty, Type::Dynamic) && config.bare().is_null() {
            return self.dynamic(attribute, (config, prior), new);
        }
        // Nested objects by default are planned as if they were configured.
        let default = match (config.is_null(), attribute.default, attribute.ty) {
            (true, Some(default), Type::Objects(..)) => default.value(),
            (_, _, _) => Value::Null,
        };
        let config = if default.is_null() { config } else { &default };
        let anew = new || self.changes && attribute.settles == Settles::OnChange;
        let free = config.is_null() && attribute.mode.is_computed() && attribute.default.is_none();
        if free && anew && !attribute.write_only {
            return Value::Unknown;
        }
        let Type::Objects(nesting, inner) = attribute.ty else {
            return carry(attribute, config, prior);
        };
        let deep = attribute.is_deep() && config.is_known() && !attribute.write_only;
        let same = attribute.same.is_some() && !prior.is_null();
        if !deep || same && attribute.semantic_eq(config, prior) {
            return carry(attribute, config, prior);
        }
        self.nested(nesting, Shape::inside(inner), config, prior)
    }

    /// A dynamic null has a type: that matters only where the configuration decides.
    fn dynamic(
        &mut self,
        attribute: &Attribute,
        (config, prior): (&Value, &Value),
        new: bool,
    ) -> Value {
        let anew = new || self.changes && attribute.settles == Settles::OnChange;
        match attribute.default {
            _ if attribute.write_only => Value::Null,
            Some(default) => Value::dynamic(default.value()),
            None if attribute.mode.is_computed() && anew => Value::Unknown,
            None if attribute.mode.is_computed() => prior.clone(),
            None => config.clone(),
        }
    }

    fn modified(
        &mut self,
        attribute: &Attribute,
        (config, prior): (&Value, &Value),
        planned: Value,
    ) -> Value {
        let (Some(before), Some(modify)) = (&self.before, attribute.modifier) else {
            return planned;
        };
        let (whole_config, whole_prior) = (self.config, self.prior);
        let mut plan = AttributePlan {
            path: &self.path,
            config,
            prior,
            planned,
            replace: false,
            whole_config,
            whole_prior,
            whole_planned: before,
        };
        modify(&mut plan);
        let AttributePlan { planned, replace, .. } = plan;
        if replace && !self.prior.is_null() && !self.replace.contains(&self.path) {
            self.replace.push(self.path.clone());
        }
        planned
    }

    fn nested(&mut self, nesting: Nesting, shape: Shape, config: &Value, prior: &Value) -> Value {
        match (nesting, config) {
            (Nesting::List, Value::List(elements)) => {
                let was = prior.elements().unwrap_or_default();
                let one = |(index, config): (usize, &Value)| {
                    let prior = was.get(index).unwrap_or(&Value::Null);
                    self.within(Step::Index(index as i64), |t| t.object(shape, config, prior))
                };
                Value::List(elements.iter().enumerate().map(one).collect())
            }
            (Nesting::Map, Value::Map(members)) => {
                let mut planned = BTreeMap::new();
                for (key, config) in members {
                    let step = Step::Key(key.clone());
                    let one = self.within(step, |t| t.object(shape, config, prior.get(key)));
                    planned.insert(key.clone(), one);
                }
                Value::Map(planned)
            }
            (Nesting::Set, Value::Set(elements)) => self.set(shape, elements, prior),
            (_, config) => self.object(shape, config, prior),
        }
    }

    fn set(&mut self, shape: Shape, elements: &[Value], prior: &Value) -> Value {
        let was = prior.elements().unwrap_or_default();
        let before = counterparts(shape, elements, was);
        self.sets += 1;
        let one = |(config, prior): (&Value, Option<usize>)| {
            let prior = prior.and_then(|at| was.get(at)).unwrap_or(&Value::Null);
            self.object(shape, config, prior)
        };
        let planned = elements.iter().zip(before).map(one).collect();
        self.sets -= 1;
        Value::set(planned)
    }
}

/// For each configured element of a set the place of the one that it was: planned anew it would be the same.
fn counterparts(shape: Shape, config: &[Value], was: &[Value]) -> Vec<Option<usize>> {
    // Members that are as they are configured tell most elements apart at once.
    let told = |a: &&Attribute| {
        !a.mode.is_computed()
            && a.default.is_none()
            && a.same.is_none()
            && !a.is_deep()
            && !a.write_only
    };
    let mut free: Vec<usize> = (0..was.len()).collect();
    // Sets are sorted: what is left alone stands in the same order, so the search goes on where the last one ended.
    let mut cursor = 0;
    let mut find = |element: &Value| {
        let as_before = |at: usize| {
            let was = &was[at];
            let alike = |a: &Attribute| element.get(a.name) == was.get(a.name);
            shape.attributes.iter().filter(told).all(alike)
                && Turn::new(element, was).object(shape, element, was) == *was
        };
        let found = (cursor..free.len()).chain(0..cursor).find(|place| as_before(free[*place]))?;
        cursor = found;
        Some(free.remove(found))
    };
    config.iter().map(&mut find).collect()
}

/// Looks for what replaces the object.
struct Replaced {
    path: Path,
    found: Vec<Path>,
}

impl Replaced {
    fn within(&mut self, step: Step, run: impl FnOnce(&mut Self)) {
        self.path.push(step);
        run(self);
        self.path.pop();
    }

    fn members(&mut self, shape: Shape, was: &Value, is: &Value) {
        // What an object that is new inside will be given was not there to be changed.
        let new = was.is_null();
        for attribute in shape.attributes {
            let (was, is) = (was.get(attribute.name), is.get(attribute.name));
            self.within(Step::Attribute(attribute.name.into()), |replaced| {
                if super::replaces(attribute, was, is) && !(new && is.is_unknown()) {
                    replaced.found.push(replaced.path.clone());
                } else if let (Type::Objects(nesting, inner), true) =
                    (attribute.ty, attribute.is_deep())
                {
                    replaced.nested(nesting, Shape::inside(inner), was, is);
                }
            });
        }
        for block in shape.blocks {
            let (was, is) = (was.get(block.name), is.get(block.name));
            self.within(Step::Attribute(block.name.into()), |replaced| {
                replaced.nested(block.nesting, Shape::of(block), was, is);
            });
        }
    }

    fn nested(&mut self, nesting: Nesting, shape: Shape, was: &Value, is: &Value) {
        match (nesting, is) {
            (Nesting::List, Value::List(elements)) => {
                let before = was.elements().unwrap_or_default();
                for (index, is) in elements.iter().enumerate() {
                    let was = before.get(index).unwrap_or(&Value::Null);
                    self.within(Step::Index(index as i64), |r| r.members(shape, was, is));
                }
            }
            (Nesting::Map, Value::Map(members)) => {
                for (key, is) in members {
                    let step = Step::Key(key.clone());
                    self.within(step, |r| r.members(shape, was.get(key), is));
                }
            }
            (Nesting::Set, Value::Set(elements)) => {
                let before = was.elements().unwrap_or_default();
                if elements.iter().any(|is| replaces_in_set(shape, before, is)) {
                    self.found.push(self.path.clone());
                }
            }
            (_, Value::Object(_)) => self.members(shape, was, is),
            (_, _) => {}
        }
    }
}

/// True when no element before has the members whose change replaces.
fn replaces_in_set(shape: Shape, before: &[Value], is: &Value) -> bool {
    let replaces = |was: &Value| {
        let mut inside = Replaced { path: Path::default(), found: Vec::new() };
        inside.members(shape, was, is);
        !inside.found.is_empty()
    };
    // Most elements are the same as before, and sets are sorted.
    before.binary_search(is).is_err() && replaces(&Value::Null) && before.iter().all(replaces)
}

#[cfg(test)]
mod tests;
