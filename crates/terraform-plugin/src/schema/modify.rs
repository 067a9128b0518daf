//! Plan modifiers: plain functions that see what is planned of one attribute, and may change it. Knows values and paths.

use crate::path::Path;
use crate::value::Value;

/// A plain function that may change what is planned of one attribute, or ask for a replacement. A closure that captures nothing
/// is one too: `.modify(|plan| plan.replace_if(plan.planned.as_int() < plan.prior.as_int()))`.
pub type Modifier = fn(&mut AttributePlan<'_>);

/// What a [`Modifier`] sees: one attribute, and the objects around it. Of other attributes it sees what was planned before any
/// modifier ran.
#[derive(Debug)]
#[non_exhaustive]
pub struct AttributePlan<'a> {
    /// Where the attribute is. Inside a set, the path ends at the set.
    pub path: &'a Path,
    /// What is configured for it.
    pub config: &'a Value,
    /// What it was; null where its object is new.
    pub prior: &'a Value,
    /// What is planned for it: to be changed only where the configuration has none and the attribute is computed.
    pub planned: Value,
    /// Whether the object of the resource is replaced because of it.
    pub replace: bool,
    /// The whole configuration.
    pub whole_config: &'a Value,
    /// The whole object before; null for a create.
    pub whole_prior: &'a Value,
    /// The whole object as planned.
    pub whole_planned: &'a Value,
}

impl AttributePlan<'_> {
    /// Asks for a replacement if this is an update, the attribute changes, and `holds`: `RequiresReplaceIf` of the Go framework.
    pub fn replace_if(&mut self, holds: bool) {
        self.replace |= holds && !self.whole_prior.is_null() && self.planned != *self.prior;
    }
}

/// Keeps the prior value where the planned one is unknown, though the configuration has none: for an attribute that may become
/// another one with a change, and does not with this one.
pub fn use_state_for_unknown(plan: &mut AttributePlan<'_>) {
    if plan.planned.is_unknown() && plan.config.is_null() && !plan.prior.is_null() {
        plan.planned = plan.prior.clone();
    }
}

/// A change replaces the object if the configuration has the attribute; that it is left to the provider again does not.
pub fn requires_replace_if_configured(plan: &mut AttributePlan<'_>) {
    plan.replace_if(!plan.config.is_null());
}
