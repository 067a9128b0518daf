//! The one operation of the Voice Messaging Service (Dyvmsapi) that lists what tasks may call from.
//! Source: SDK `alibabacloud-dyvmsapi20170525` 5.3.0.

use super::{DYVMS, Data, Kind, Operation, gives, integer, takes, text};

pub(super) const TABLE: &[Operation] = &[Operation {
    name: "ListServiceInstanceForPage",
    version: DYVMS,
    parameters: &[
        text("Code"),
        takes("Pager", Kind::Object),
        text("RelationNumber"),
        integer("SceneId"),
        integer("UsageId"),
    ],
    data: Data::Model,
    fields: &[
        gives("AliUid", Kind::Integer),
        gives("Code", Kind::Text),
        gives("GmtCreate", Kind::Text),
        gives("InstanceStatus", Kind::Text),
        gives("Name", Kind::Text),
        gives("RelationAvailableCount", Kind::Integer),
        gives("RelationTotalCount", Kind::Integer),
        gives("SceneId", Kind::Integer),
        gives("SceneName", Kind::Text),
        gives("Status", Kind::Text),
        gives("UsageId", Kind::Integer),
        gives("UsageName", Kind::Text),
    ],
    code: "OK",
}];
