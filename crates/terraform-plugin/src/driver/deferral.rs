//! Why something is put off to a later run.

/// Why a plan, a read, an import or an open has to wait for a later run of the host. Only some hosts can put things off, and only
/// when their user lets them: elsewhere it becomes an error that says what to do.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Deferral {
    /// Something in its own configuration is not known yet.
    ResourceConfigUnknown,
    /// Something in the provider's configuration is not known yet.
    ProviderConfigUnknown,
    /// Something that it needs is not there yet.
    AbsentPrerequisite,
}
