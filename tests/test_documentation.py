"""What the documentation shows runs, and says the same in both languages."""

import re
from pathlib import Path

import pytest

import minidl
from minidl.autograd import gradcheck, gradgradcheck

ROOT = Path(__file__).parent.parent
PAGES = [
    "README.md",
    "README.zh-CN.md",
    "CONTRIBUTING.md",
    "docs/how-it-works.md",
    "docs/models.md",
    "docs/optimizers.md",
]


def blocks(page: str, language: str) -> list[str]:
    return re.findall(
        rf"^```{language}\n(.*?)^```", (ROOT / page).read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )


@pytest.mark.parametrize("page", PAGES)
def test_python_shown_runs(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shown = blocks(page, "python")
    assert shown
    for block in shown:
        exec(compile(block, page, "exec"), {})


def test_the_operator_of_the_contributors_page_is_right():
    names: dict = {}
    exec(blocks("CONTRIBUTING.md", "python")[0], names)
    x = minidl.tensor([-1.5, 0.3, 2.0], dtype=minidl.float64, requires_grad=True)
    assert gradcheck(names["softsign"], x)
    assert gradgradcheck(names["softsign"], x)


def test_the_training_example_prints_what_the_page_says(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    exec(blocks("README.md", "python")[0], {})
    assert capsys.readouterr().out.strip() == blocks("README.md", "text")[0].strip()


def test_both_languages_show_the_same_commands_code_and_figures():
    def comparable(page: str) -> list[str]:
        text = (ROOT / page).read_text(encoding="utf-8")
        return [
            *re.findall(r"^ {4}\S.*", text, re.MULTILINE),
            *blocks(page, "python"),
            *blocks(page, "text"),
            *re.findall(r"!\[[^]]*\]\(([^)]*)\)", text),
            *re.findall(r"\d+(?:\.\d+)?%", text),
        ]

    assert comparable("README.md") == comparable("README.zh-CN.md")


@pytest.mark.parametrize(
    "page",
    [
        "README.md",
        "README.zh-CN.md",
        "CONTRIBUTING.md",
        *(str(p.relative_to(ROOT)) for p in sorted((ROOT / "docs").glob("*.md"))),
    ],
)
def test_links_lead_to_files(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!http)([^)#]+)[^)]*\)", text):
        assert ((ROOT / page).parent / target).exists(), target
