#!/usr/bin/env python3
"""Draws the pictures of the documentation, each in English and in Chinese, in light and dark colours.

    docs/images/draw.py            writes the SVG files beside this script
    docs/images/draw.py --check    fails where one of them is not what would be written

The picture of a plan is what a host has printed: plan.txt, which tests/guides.py compares with a real plan.
"""

import argparse
import re
import sys
import unicodedata
from html import escape
from pathlib import Path

HERE = Path(__file__).resolve().parent
STYLE = """
  .back { fill: #ffffff; stroke: #d0d7de }
  text { font: 14px system-ui, -apple-system, "Segoe UI", "PingFang SC", "Microsoft YaHei", "WenQuanYi Micro Hei", sans-serif; fill: #1f2328 }
  .code, .code tspan { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: 13px }
  .small { font-size: 12.5px; fill: #59636e }
  .title { font-weight: 600 }
  .box { fill: #f6f8fa; stroke: #59636e }
  .run { fill: #dafbe1; stroke: #1a7f37 }
  .still { fill: #fff8c5; stroke: #9a6700 }
  .bad { fill: #ffebe9; stroke: #cf222e }
  .line { fill: none; stroke: #59636e; stroke-width: 1.5 }
  .tip { fill: #59636e }
  .add { fill: #1a7f37 } .change { fill: #9a6700 } .warn { fill: #9a6700; font-weight: 600 }
  @media (prefers-color-scheme: dark) {
    .back { fill: #0d1117; stroke: #3d444d }
    text { fill: #f0f6fc }
    .small { fill: #9198a1 }
    .box { fill: #151b23; stroke: #9198a1 }
    .run { fill: #12261e; stroke: #3fb950 }
    .still { fill: #272115; stroke: #d29922 }
    .bad { fill: #25171c; stroke: #f85149 }
    .line { stroke: #9198a1 }
    .tip { fill: #9198a1 }
    .add { fill: #3fb950 } .change { fill: #d29922 } .warn { fill: #d29922 }
  }
"""


class Picture:
    """An SVG that grows; `title` is for those who cannot see it."""

    def __init__(self, width, height, title):
        self.width, self.height, self.title, self.parts = width, height, title, []

    def text(self, x, y, words, kind="", anchor="middle"):
        self.parts.append(f'<text class="{kind}" x="{x}" y="{y}" text-anchor="{anchor}" xml:space="preserve">{escape(words)}</text>')

    def lines(self, x, y, words, kind="", anchor="middle", step=18):
        for number, line in enumerate(words.split("\n")):
            self.text(x, y + number * step, line, kind, anchor)

    def box(self, x, y, width, height, words, kind="box", text=""):
        """A box around its middle (x, y); the first line of its words is its title."""
        self.parts.append(f'<rect class="{kind}" x="{x - width / 2:g}" y="{y - height / 2:g}" width="{width}" height="{height}" rx="6"/>')
        lines = words.split("\n")
        top = y - (len(lines) - 1) * 9 + 5
        for number, line in enumerate(lines):
            self.text(x, top + number * 18, line, "title" if number == 0 else text or "small")

    def arrow(self, *points):
        """A line through the points with a tip at its end."""
        path = " ".join(f"{'M' if number == 0 else 'L'}{x} {y}" for number, (x, y) in enumerate(points))
        self.parts.append(f'<path class="line" d="{path}" marker-end="url(#tip)"/>')

    def svg(self):
        body = "\n".join(self.parts)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width} {self.height}" width="{self.width}" role="img">\n'
            f"<title>{escape(self.title)}</title>\n<style>{STYLE}</style>\n"
            '<defs><marker id="tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto">'
            '<path class="tip" d="M0 0 L10 5 L0 10 z"/></marker></defs>\n'
            f'<rect class="back" x="0.5" y="0.5" width="{self.width - 1}" height="{self.height - 1}" rx="8"/>\n{body}\n</svg>\n'
        )


def life_cycle(say):
    picture = Picture(920, 520, say("The life of a call task, with what each step calls", "外呼任务的生命周期，以及每一步的调用"))
    picture.box(120, 60, 180, 56, say("configuration\nterraform apply", "配置\nterraform apply"))
    picture.arrow((120, 88), (120, 178))
    picture.text(130, 138, "CreateAiCallTask", "code", "start")
    picture.box(120, 210, 180, 60, say("INIT\nnobody is called", "INIT 未启动\n不外呼"), "still")
    picture.box(460, 210, 180, 60, say("RUNNING\ncalls, in its windows", "RUNNING 运行中\n在可呼叫时间段内外呼"), "run")
    picture.box(800, 210, 180, 60, say("STOPPED\nnobody is called", "STOPPED 已停止\n不外呼"), "still")
    picture.box(460, 340, 180, 56, say("FAILED\nstart_failed_reason", "FAILED 启动失败\nstart_failed_reason"), "bad")
    # Ways to run.
    picture.arrow((210, 210), (366, 210))
    picture.text(288, 170, "ImportTaskNumberDatas", "code")
    picture.text(288, 198, say("IMMEDIATE: first callees", "立即启动：第一批被叫"), "small")
    picture.text(288, 230, "StartAiCallTask", "code")
    picture.text(288, 248, say("desired_status, an action", "desired_status、action"), "small")
    picture.text(288, 266, say("SCHEDULE: at its time", "定时启动：到点自动"), "small")
    # To and fro.
    picture.arrow((550, 198), (706, 198))
    picture.text(628, 188, "StopAiCallTask", "code")
    picture.arrow((710, 224), (556, 224))
    picture.text(628, 244, "StartAiCallTask", "code")
    # An update of a task that runs.
    picture.arrow((420, 180), (420, 110), (500, 110), (500, 176))
    picture.text(460, 66, say("an update while it runs", "运行中的更新"), "title")
    picture.text(460, 84, "StopAiCallTask → UpdateAiCallTask → StartAiCallTask", "code")
    picture.text(460, 102, say("announced by the plan", "计划会事先说明"), "small")
    picture.arrow((830, 180), (830, 130), (770, 130), (770, 176))
    picture.text(800, 120, "UpdateAiCallTask", "code")
    picture.arrow((460, 240), (460, 308))
    picture.text(470, 282, say("or the start fails", "启动失败"), "small", "start")
    # The end that is none.
    picture.arrow((120, 240), (120, 412))
    picture.arrow((800, 240), (800, 412))
    picture.parts.append('<rect class="box" x="30" y="416" width="860" height="88" rx="6"/>')
    picture.text(48, 440, say("terraform destroy: the task remains in the account, deletion_policy says how", "terraform destroy：任务仍在账号里，由 deletion_policy 决定怎样处理"), "title", "start")
    for x, name, what in (
        (48, "STOP", say("StopAiCallTask", "StopAiCallTask")),
        (250, "RETIRE", say("Stop, then UpdateAiCallTask: a new name", "停止，再用 UpdateAiCallTask 改名")),
        (560, "ABANDON", say("nothing is called", "什么也不调用")),
        (730, "PREVENT", say("refused", "拒绝")),
    ):
        picture.text(x, 466, name, "code", "start")
        picture.text(x, 486, what, "small", "start")
    return picture


def value(say):
    picture = Picture(920, 330, say("How the value task_cps = 57 travels: down to the service, and back", "task_cps = 57 的旅程：下到服务，再回来"))
    stops = (
        (say("configuration", "配置"), "task_cps = 57"),
        (say("host", "Terraform"), say("plan: 5 → 57", "计划：5 → 57")),
        (say("plugin protocol", "插件协议"), "msgpack 57"),
        (say("row of the table", "表中的一行"), 'write_as("TaskCps")'),
        (say("signed request", "签名请求"), "TaskCps=57"),
    )
    for number, (title, words) in enumerate(stops):
        x = 100 + number * 180
        picture.box(x, 70, 150, 60, f"{title}\n{words}", text="code")
        if number:
            picture.arrow((x - 105, 70), (x - 79, 70))
    picture.arrow((820, 100), (820, 134))
    picture.box(820, 165, 150, 58, say("AICCS\nUpdateAiCallTask", "AICCS 服务\nUpdateAiCallTask"), "run", "code")
    picture.arrow((820, 194), (820, 228))
    back = (
        (say("response", "响应"), '"ConcurrentCount": 57'),
        (say("the same row", "同一行"), 'read_as("Concurr…")'),
        (say("plugin protocol", "插件协议"), "msgpack 57"),
        (say("host", "Terraform"), say("compares", "比较")),
        (say("state", "状态"), "task_cps = 57"),
    )
    for number, (title, words) in enumerate(back):
        x = 820 - number * 180
        picture.box(x, 260, 160 if number < 2 else 150, 60, f"{title}\n{words}", text="code")
        if number:
            picture.arrow((x + (100 if number > 1 else 100), 260), (x + (79 if number > 1 else 84), 260))
    picture.lines(400, 158, say(
        "One row says both names: that of the request and that of the answer.\nAn answer that differs from the plan is an error, never a silent drift.",
        "一行同时写明请求里和响应里的名称。\n响应与计划不一致就是错误，不会悄悄漂移。"), "small")
    return picture


def credentials(say):
    steps = (
        (say("block assume_role_with_oidc", "assume_role_with_oidc 块"), say("unless access_key is an argument", "除非写了 access_key 参数")),
        (say("access_key, or the environment", "access_key 或环境变量"), "ALIBABA_CLOUD_ACCESS_KEY_ID …"),
        (say("profile", "profile"), "~/.aliyun/config.json"),
        ("credentials_uri", say("a sidecar", "sidecar")),
        ("ecs_role_name", say("the ECS metadata service", "ECS 元数据服务")),
        (say("OIDC token of the environment", "环境里的 OIDC token"), "RRSA"),
        (say("the current profile", "当前配置"), "config.json, credentials.ini"),
    )
    picture = Picture(920, 76 + 58 * len(steps), say("Where credentials come from, in their order", "凭证的来源与顺序"))
    picture.text(250, 34, say("the first that is there is used", "使用第一个存在的来源"), "small")
    for number, (title, words) in enumerate(steps):
        y = 76 + number * 58
        picture.box(250, y, 320, 46, f"{title}\n{words}")
        picture.text(70, y + 5, str(number), "title")
        if number:
            picture.arrow((250, y - 35), (250, y - 24))
        picture.arrow((410, y), (520, y), (520, 230), (566, 230))
    picture.box(650, 230, 160, 60, say("credentials\nfound", "凭证\n已找到"), "run")
    picture.arrow((650, 260), (650, 326))
    picture.text(660, 298, "assume_role { }", "code", "start")
    picture.box(650, 360, 160, 60, say("session of a role\nAssumeRole", "角色会话\nAssumeRole"))
    picture.box(838, 230, 140, 74, say("account guard\nGetCallerIdentity\nallowed_account_ids", "账号保护\nGetCallerIdentity\nallowed_account_ids"), "still")
    picture.arrow((730, 230), (764, 230))
    picture.arrow((730, 360), (838, 360), (838, 271))
    picture.text(838, 160, "AICCS", "title")
    picture.arrow((838, 193), (838, 168))
    return picture


def width(words):
    """How many columns of a terminal a line takes."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in words)


def plan(say):
    text = (HERE / "plan.txt").read_text(encoding="utf-8")
    # Where in the configuration it is said matters less here than what.
    lines = re.sub(r"\n    with .+,\n    on .+:\n +\d+: .+\n", "", text).splitlines()
    picture = Picture(max(width(line) for line in lines) * 8 + 48, len(lines) * 18 + 76,
                      say("A plan with its warnings, as Terraform prints it", "一份带警告的计划，Terraform 的原样输出"))
    picture.text(24, 32, say("$ terraform plan", "$ terraform plan"), "code title", "start")
    for number, line in enumerate(lines):
        word = line.split()[0] if line.split() else ""
        kind = {"+": "code add", "~": "code change", "-/+": "code change", "Warning:": "code warn"}.get(word, "code")
        picture.text(24, 62 + number * 18, line, kind, "start")
    return picture


PICTURES = {"life-cycle": life_cycle, "value": value, "credentials": credentials, "plan": plan}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    stale = 0
    for name, draw in PICTURES.items():
        for suffix, say in (("", lambda english, chinese: english), (".zh-CN", lambda english, chinese: chinese)):
            path = HERE / f"{name}{suffix}.svg"
            text = draw(say).svg()
            if check and (not path.exists() or path.read_text(encoding="utf-8") != text):
                print(f"docs/images/{path.name} is not what docs/images/draw.py draws: run it")
                stale = 1
            elif not check:
                path.write_text(text, encoding="utf-8")
    return stale


if __name__ == "__main__":
    sys.exit(main())
