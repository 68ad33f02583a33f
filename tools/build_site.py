"""Build the documentation site into build/site: stage the sources, run Sphinx, check every link.

Sphinx reads one folder, but pages link to benchmark results and files beside `docs/`. So a copy is
staged in which those links lead somewhere too, and the reference is written from every `__all__`.
Staged files are touched only where they changed, which lets a second build reuse the first.
"""

import os
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import reference_pages

ROOT = Path(__file__).resolve().parents[1]
DOCS, BUILD = ROOT / "docs", ROOT / "build"
STAGED, SITE = BUILD / "site-source", BUILD / "site"
DOCTREES = BUILD / "site-doctrees"
# pages beside `docs/` that are part of the site
PROJECT = ("CHANGELOG.md", "CONTRIBUTING.md", "ARCHITECTURE.md", "SECURITY.md")
# what Sphinx or its gallery writes into the staged sources itself
MADE = ("tutorial", "gallery", "sg_execution_times.rst", "reference/generated", "gen_modules")
LINK = re.compile(r"(\]\()([^)\s]+)(\))")
FENCE = re.compile(r"(^```.*?^```)", re.DOTALL | re.MULTILINE)


def main() -> int:
    """Stage, build, check; the exit code says whether all of it went well."""
    stage()
    command = [sys.executable, "-m", "sphinx", "-b", "html", "-W", "--keep-going", "-q", "-j", "1"]
    command += ["-d", str(DOCTREES), str(STAGED), str(SITE)]
    source = os.pathsep.join([str(ROOT / "src"), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(command, env=os.environ | {"PYTHONPATH": source}, check=False)
    if done.returncode:
        return done.returncode
    wrong = broken_links(SITE) + missing_names(SITE)
    print("\n".join(wrong) or f"The site is in {SITE / 'index.html'}.")
    return bool(wrong)


def stage() -> None:
    """Bring `STAGED` up to date."""
    wanted = staged_pages()
    for path, content in wanted.items():
        target = STAGED / path
        if not target.exists() or target.read_bytes() != content:
            if path.startswith("reference/"):
                # Sphinx makes pages of names only for what its last build knew of
                shutil.rmtree(DOCTREES, ignore_errors=True)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
    for path in [path for path in STAGED.rglob("*") if path.is_file()]:
        name = path.relative_to(STAGED).as_posix()
        if name not in wanted and not name.startswith(MADE):
            path.unlink()


def staged_pages() -> dict[str, bytes]:
    """All sources of the site: where they stand in the staged folder -> their bytes."""
    pages = {}
    for source in DOCS.rglob("*"):
        if source.is_file() and "__pycache__" not in source.parts:
            pages[source.relative_to(DOCS).as_posix()] = source
    for source in sorted((ROOT / "benchmarks" / "results").glob("*.md")):
        pages[f"measured/{source.name}"] = source
    for name in PROJECT:
        if (ROOT / name).exists():
            pages[f"project/{name}"] = ROOT / name
    home = {source: place for place, source in pages.items()}
    texts: dict[str, bytes] = {}
    for place, source in pages.items():
        if source.suffix == ".md":
            texts |= _rewritten(place, source, home)
        else:
            texts[place] = source.read_bytes()
    reference = reference_pages.written()
    return texts | {f"reference/{name}": text.encode() for name, text in reference.items()}


def _rewritten(place: str, source: Path, home: dict[Path, str]) -> dict[str, bytes]:
    """A page whose links lead to the staged places, and the files that it links to."""
    files: dict[str, bytes] = {}

    def led(match: re.Match[str]) -> str:
        path, hash_, anchor = match[2].partition("#")
        target = (source.parent / path).resolve()
        if "://" in path or not path or not target.exists():
            return match[0]
        if target == DOCS / "README.md":
            target = DOCS / "index.md"
        if target.is_dir():
            target = target / "index.md"
            if target not in home:
                return match[0]
        there = home.get(target)
        if there is None:
            # a Markdown file that is no page would be taken for one under its own name
            ending = ".txt" if target.suffix == ".md" else ""
            there = f"files/{target.relative_to(ROOT).as_posix()}{ending}"
            files[there] = target.read_bytes()
        return f"]({os.path.relpath(there, Path(place).parent)}{hash_}{anchor})"

    parts = FENCE.split(source.read_text(encoding="utf8"))
    text = "".join(part if part.startswith("```") else LINK.sub(led, part) for part in parts)
    return files | {place: text.encode()}


class _Page(HTMLParser):
    """The links and the anchors of one page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.anchors: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect what leads somewhere and what can be led to."""
        for name, value in attrs:
            if name == "id" and value:
                self.anchors.add(value)
            if name in ("href", "src") and value:
                self.links.append(value)


def broken_links(site: Path) -> list[str]:
    """Every link inside the site that leads nowhere."""
    # what lies in _static are templates of the theme, no pages
    paths = [path for path in site.rglob("*.html") if "_static" not in path.parts]
    pages = {path: _Page(path.read_text(encoding="utf8")) for path in paths}
    wrong = []
    for path, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            anchor = unquote(parts.fragment)
            if not target.exists():
                wrong.append(f"{path.relative_to(site)}: {link} leads nowhere")
            elif anchor and target in pages and anchor not in pages[target].anchors:
                wrong.append(f"{path.relative_to(site)}: {link} has no such anchor")
    return sorted(set(wrong))


def missing_names(site: Path) -> list[str]:
    """Public names without a page of their own."""
    generated = site / "reference" / "generated"
    return [
        f"{name} has no page in the reference"
        for name in sorted(reference_pages.documented())
        if not (generated / f"{name}.html").exists()
    ]


if __name__ == "__main__":
    if "--clean" in sys.argv:
        shutil.rmtree(BUILD, ignore_errors=True)
    sys.exit(main())
