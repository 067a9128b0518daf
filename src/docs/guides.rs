//! What the provider's page begins with: its first words in Chinese, which most of its readers read first, and where the
//! guides are. `tests/guides.py` holds that none is left out.

/// The beginning of the provider's page.
pub(super) const GUIDES: &str = "\
**中文**：管理阿里云智能联络中心（AICCS）的 AI 外呼任务。所有参数都可以不写：凭证来自环境变量、`~/.aliyun/config.json` 或
`credentials.ini`。中文指南：[读懂计划](guides/reading-a-plan.zh-CN.md) ·
[从 CSV 导入被叫](guides/callees-from-csv.zh-CN.md) · [纳入已有的外呼任务](guides/existing-campaigns.zh-CN.md) ·
[夜间、周末、节假日](guides/nights-and-holidays.zh-CN.md) · [多人协作](guides/working-with-others.zh-CN.md) ·
[没有账号的 CI](guides/ci.zh-CN.md) · [凭证](guides/credentials.zh-CN.md) ·
[用一个文件管理多个外呼任务](guides/campaigns-from-a-file.zh-CN.md) ·
[当一台机器不够用时](guides/outgrowing-one-machine.zh-CN.md) · [升级](guides/upgrading.zh-CN.md) ·
[OpenTofu](guides/opentofu.zh-CN.md) · [出错的时候](guides/troubleshooting.zh-CN.md) ·
[版本与兼容性](guides/compatibility.zh-CN.md) · [术语表](guides/glossary.zh-CN.md)

**Guides**: [reading a plan](guides/reading-a-plan.md) · [callees from CSV](guides/callees-from-csv.md) ·
[existing campaigns](guides/existing-campaigns.md) · [nights and holidays](guides/nights-and-holidays.md) ·
[working with others](guides/working-with-others.md) · [CI](guides/ci.md) · [credentials](guides/credentials.md) ·
[campaigns from a file](guides/campaigns-from-a-file.md) · [outgrowing one machine](guides/outgrowing-one-machine.md) ·
[upgrading](guides/upgrading.md) · [OpenTofu](guides/opentofu.md) · [messages](guides/troubleshooting.md) ·
[hosts and versions](guides/compatibility.md) · [glossary](guides/glossary.md)

";
