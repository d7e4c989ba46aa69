"""Makes a DocC catalogue of the project's Markdown, and checks every link in it.

Pages are plain Markdown, with relative links as code hosts show them. DocC wants `doc:Page#Heading`; this turns one
into the other, and fails with the list of all links that lead nowhere.
"""

import argparse
import re
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CATALOGUE = ROOT / "Documentation.docc"
# Pages that stand beside what they are about, and their names on the site.
ELSEWHERE = {
    "launch/README.md": "Launching",
    "Python/README.md": "Python-Package",
    "Python/TUTORIAL.md": "Python-Tutorial",
    "Python/TRAINING.md": "Python-Training",
    "Benchmarks/README.md": "Benchmark-Method",
    "Benchmarks/scale.md": "Scale",
    "Data/astromae-mock-sdss.md": "Shipped-Weights",
    "CONTRIBUTING.md": "Contributing",
    "SECURITY.md": "Security",
}
# Folders of libraries, and the modules whose symbols the site has.
LIBRARIES = {
    "Packages/Collectives": "Collectives",
    "Sources/HDF5": "HDF5",
    "Sources/AstroMAE": "AstroMAE",
    "Sources/Survey": "Survey",
    "Sources/Metrics": "PhotozMetrics",
    "Sources/MockSurvey": "MockSurvey",
    "Sources/Interchange": "Interchange",
}
LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^()\s]+(?:\([^()]*\))?)\)")
CODE = re.compile(r"``[^`]+``|`[^`]+`")


def lines_of(path: Path) -> Iterator[tuple[str, bool]]:
    """Lines of a page, each with whether it is code."""
    fenced = False
    before = ""
    for line in path.read_text(encoding="utf-8").split("\n"):
        fence = line.lstrip().startswith("```")
        indented = line.startswith("    ") and not before.lstrip().startswith(("-", "1", "|"))
        yield line, fenced or fence or indented
        fenced ^= fence
        if line.strip():
            before = line if not (line.startswith("    ") and not indented) else before


def headings(path: Path) -> list[str]:
    """Titles of a page's sections, from the second level down, as they are written."""
    return [line.lstrip("#").strip() for line, code in lines_of(path) if not code and re.match(r"##+ ", line)]


def plain(heading: str) -> str:
    """What a heading shows."""
    return LINK.sub(r"\2", heading).replace("`", "").replace("*", "")


def slug(heading: str) -> str:
    """The anchor that code hosts give a heading."""
    return re.sub(r"[^\w\- ]", "", plain(heading).lower()).replace(" ", "-")


def docc_anchor(heading: str) -> str:
    """The anchor that DocC gives a heading."""
    return re.sub(r"-+", "-", re.sub(r"[^\w.,;@&=+$/\-()]", "-", plain(heading).strip())).strip("-")


class Site:
    """Pages of the site, and files that they link to."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.names = {path: path.stem for path in sorted(CATALOGUE.glob("*.md"))}
        self.names.update({ROOT / path: name for path, name in ELSEWHERE.items()})
        self.files: set[Path] = set()
        self.images: set[Path] = set()
        self.external: dict[str, Path] = {}
        self.faults: list[str] = []

    def target(self, page: Path, link: str) -> tuple[Path | None, str | None]:
        """The file and the heading that a relative link leads to; a fault is noted."""
        name, _, anchor = link.partition("#")
        path = (page.parent / name).resolve() if name else page
        if not path.exists() or ROOT not in path.parents:
            self.faults.append(f"{page.relative_to(ROOT)}: {link} leads nowhere")
            return None, None
        if not anchor:
            return path, None
        # With a dot in it, an anchor is compared without: hosts drop it.
        wanted = anchor.replace(".", "")
        for heading in headings(path) if path.suffix == ".md" else []:
            if slug(heading) == wanted:
                return path, heading
        self.faults.append(f"{page.relative_to(ROOT)}: {link}: no such heading")
        return path, None

    def replacement(self, page: Path, match: re.Match[str]) -> str:
        """What stands on the site in a link's place."""
        image, text, link = match.groups()
        if re.match(r"[a-z]+:", link):
            self.external.setdefault(link, page)
            return match.group()
        path, heading = self.target(page, link)
        if path is None:
            return text
        if image:
            self.images.add(path)
            return f"![{text}]({path.name})"
        if path in self.names:
            where = f"#{docc_anchor(heading)}" if heading else ""
            return f"[{text}](doc:{self.names[path]}{where})"
        name = str(path.relative_to(ROOT))
        if name in LIBRARIES:
            return f"[{text}](/{self.base}/documentation/{LIBRARIES[name].lower()}/)"
        if path == ROOT / "README.md":
            return f"[{text}](doc:photoz)"
        if path.is_dir():
            self.faults.append(f"{page.relative_to(ROOT)}: {link} is a folder, which the site has not")
        self.files.add(path)
        return f"[{text}](/{self.base}/files/{name})"

    def converted(self, page: Path) -> Iterator[str]:
        """A page as DocC wants it."""
        topics = False
        for line, code in lines_of(page):
            if code:
                yield line
                continue
            if line.startswith("## "):
                topics = line == "## Topics"
            # Code within a line is left alone, but for links whose text it is.
            kept = iter(CODE.findall(line))
            line = LINK.sub(partial(self.replacement, page), CODE.sub("\0", line))
            if topics:
                line = re.sub(r"^- \[.*\]\((doc:[^)]*)\)$", r"- <\1>", line)
            pieces = line.split("\0")
            line = pieces[0] + "".join(code + piece for code, piece in zip(kept, pieces[1:], strict=True))
            # Titles are shown as they are written in the list of pages.
            yield line.replace("`", "") if line.startswith("# ") else line
            if page.name == "photoz.md" and line.startswith("# "):
                yield "\n@Metadata {\n    @TechnologyRoot\n}"

    def write(self, folder: Path) -> None:
        """Writes the catalogue into a folder, and what pages link to into another one beside it."""
        folder.mkdir(parents=True)
        for page, name in self.names.items():
            (folder / f"{name}.md").write_text("\n".join(self.converted(page)), encoding="utf-8")
        for image in self.images:
            shutil.copy(image, folder)
        for path in self.files:
            place = folder.with_name(folder.name + ".files") / path.relative_to(ROOT)
            place.parent.mkdir(parents=True, exist_ok=True)
            if path.is_file():
                shutil.copy(path, place)
        folder.with_name(folder.name + ".files").mkdir(exist_ok=True)

    def check_topics(self) -> None:
        """Every page must be reachable from the first one."""
        first = (CATALOGUE / "photoz.md").read_text(encoding="utf-8")
        listed = {(CATALOGUE / link).resolve() for _, _, link in LINK.findall(first.split("## Topics")[1])}
        for page in self.names:
            if page.name != "photoz.md" and page not in listed:
                self.faults.append(f"{page.relative_to(ROOT)}: not listed in Documentation.docc/photoz.md")

    def check_external(self) -> None:
        """Asks for every page of another site."""
        for link, page in sorted(self.external.items()):
            request = urllib.request.Request(link, headers={"User-Agent": "Mozilla/5.0 (photoz links)"})
            try:
                with urllib.request.urlopen(request, timeout=20) as answer:
                    answer.read(1)
            except OSError as error:
                self.faults.append(f"{page.relative_to(ROOT)}: {link}: {error}")


def main() -> int:
    """Writes the catalogue; exit code 1 when a link leads nowhere."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("output", type=Path, help="the catalogue, a new folder")
    parser.add_argument("--base", default="photoz", help="the site's path on its host")
    parser.add_argument("--external", action="store_true", help="also ask for pages of other sites")
    options = parser.parse_args()
    site = Site(options.base)
    site.write(options.output)
    site.check_topics()
    # Pages that are not on the site: their links are checked all the same.
    listed = subprocess.run(["git", "ls-files", "*.md"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for name in listed.split("\n"):
        page = ROOT / name
        if name and page.exists() and page not in site.names:
            for _ in site.converted(page):
                pass
    if options.external:
        site.check_external()
    for fault in site.faults:
        print(fault, file=sys.stderr)
    return 1 if site.faults else 0


if __name__ == "__main__":
    sys.exit(main())
