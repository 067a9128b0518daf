//! Three operations of the human call centre, which list numbers of an instance.
//! Source: SDK 5.4.3. They answer `Code: Success`, and the emulator has no instance to show.

use super::{AICCS, Data, Kind, Operation, gives, integer, takes, text};

pub(super) const TABLE: &[Operation] = &[
    Operation {
        name: "GetConfigNumList",
        version: AICCS,
        parameters: &[text("AccountName"), integer("DepartmentId"), text("InstanceId").required()],
        data: Data::Array,
        fields: &[],
        code: "Success",
    },
    Operation {
        name: "ListOutboundPhoneNumber",
        version: AICCS,
        parameters: &[text("AccountName"), text("ClientToken"), text("InstanceId").required()],
        data: Data::Array,
        fields: &[],
        code: "Success",
    },
    Operation {
        name: "QueryHotlineNumber",
        version: AICCS,
        parameters: &[
            integer("CurrentPage").required(),
            integer("DepartmentId"),
            takes("GroupIds", Kind::Integers),
            text("HotlineNumber"),
            text("InstanceId").required(),
            integer("PageSize").required(),
        ],
        data: Data::Object,
        fields: &[
            gives("CurrentPage", Kind::Integer),
            gives("HotlineNumList", Kind::Objects),
            gives("PageSize", Kind::Integer),
            gives("TotalCount", Kind::Integer),
        ],
        code: "Success",
    },
];
