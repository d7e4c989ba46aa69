"""Makes DocC catalogues of the project's Markdown, and checks every link in it.

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
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
# The pages of photoz and those of libraries, by the name that they have on the site; the first page has that name too.
CATALOGUES = {
    "photoz": ROOT / "Documentation.docc",
    "Collectives": ROOT / "Packages/Collectives/Sources/Collectives/Collectives.docc",
}
# Pages of photoz that stand beside what they are about, and their names on the site.
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


class Place(NamedTuple):
    """Where the site has a page."""

    catalogue: str
    name: str


class Site:
    """Pages of the site, and files that they link to."""

    def __init__(self, base: str, has_symbols: bool) -> None:
        self.base = base
        self.has_symbols = has_symbols
        self.places = {
            path: Place(catalogue, path.stem)
            for catalogue, folder in CATALOGUES.items()
            for path in sorted(folder.glob("*.md"))
        }
        self.places.update({ROOT / path: Place("photoz", name) for path, name in ELSEWHERE.items()})
        self.files: set[Path] = set()
        self.images: set[tuple[str, Path]] = set()
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
        own = self.places.get(page, Place("photoz", ""))
        if image:
            self.images.add((own.catalogue, path))
            return f"![{text}]({path.name})"
        if path in self.places:
            where = f"#{docc_anchor(heading)}" if heading else ""
            return f"[{text}]({self.address(self.places[path], own.catalogue)}{where})"
        name = str(path.relative_to(ROOT))
        if name in LIBRARIES:
            return f"[{text}](/{self.base}/documentation/{LIBRARIES[name].lower()}/)"
        if path == ROOT / "README.md":
            return f"[{text}](doc:photoz)"
        if path.is_dir():
            self.faults.append(f"{page.relative_to(ROOT)}: {link} is a folder, which the site has not")
        self.files.add(path)
        return f"[{text}](/{self.base}/files/{name})"

    def address(self, place: Place, catalogue: str) -> str:
        """What leads to a page from the pages of a catalogue."""
        if place.catalogue == catalogue:
            return f"doc:{place.name}"
        name = "" if place.name == place.catalogue else place.name.lower()
        return f"/{self.base}/documentation/{place.catalogue.lower()}/{name}"

    def title(self, page: Path, line: str) -> Iterator[str]:
        """A page's title. The first page of a library is that of its symbols, where the site has them."""
        place = self.places.get(page)
        is_first = place is not None and place.name == place.catalogue
        is_library = is_first and "``" in line
        # Titles are shown as they are written in the list of pages.
        yield line if is_library and self.has_symbols else line.replace("`", "")
        if is_first and not (is_library and self.has_symbols):
            yield "\n@Metadata {\n    @TechnologyRoot\n}"

    def converted(self, page: Path) -> Iterator[str]:
        """A page as DocC wants it."""
        topics = False
        for line, code in lines_of(page):
            if code:
                yield line
                continue
            if line.startswith("# "):
                yield from self.title(page, line)
                continue
            if line.startswith("## "):
                topics = line == "## Topics"
            # Code within a line is left alone, but for links whose text it is.
            kept = iter(CODE.findall(line))
            line = LINK.sub(partial(self.replacement, page), CODE.sub("\0", line))
            if topics:
                line = re.sub(r"^- \[.*\]\((doc:[^)]*)\)$", r"- <\1>", line)
            pieces = line.split("\0")
            yield pieces[0] + "".join(code + piece for code, piece in zip(kept, pieces[1:], strict=True))

    def write(self, folder: Path) -> None:
        """Writes the catalogues into a folder, and into its folder `files` what pages link to."""
        for catalogue in CATALOGUES:
            (folder / f"{catalogue}.docc").mkdir(parents=True)
        for page, place in self.places.items():
            text = "\n".join(self.converted(page))
            (folder / f"{place.catalogue}.docc" / f"{place.name}.md").write_text(text, encoding="utf-8")
        for catalogue, image in self.images:
            shutil.copy(image, folder / f"{catalogue}.docc")
        (folder / "files").mkdir()
        for path in self.files:
            copy = folder / "files" / path.relative_to(ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            if path.is_file():
                shutil.copy(path, copy)

    def check_topics(self) -> None:
        """Every page must be reachable from the first one of its catalogue."""
        for catalogue, folder in CATALOGUES.items():
            first = folder / f"{catalogue}.md"
            topics = first.read_text(encoding="utf-8").split("## Topics")[1]
            listed = {(folder / link).resolve() for _, _, link in LINK.findall(topics)}
            for page, place in self.places.items():
                if place.catalogue == catalogue and page != first and page not in listed:
                    self.faults.append(f"{page.relative_to(ROOT)}: not listed in {first.relative_to(ROOT)}")

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
    """Writes the catalogues; exit code 1 when a link leads nowhere."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("output", type=Path, help="a new folder")
    parser.add_argument("--base", default="photoz", help="the site's path on its host")
    parser.add_argument("--external", action="store_true", help="also ask for pages of other sites")
    parser.add_argument("--symbols", action="store_true", help="libraries' symbols will be added to their catalogues")
    options = parser.parse_args()
    site = Site(options.base, options.symbols)
    site.write(options.output)
    site.check_topics()
    # Pages that are not on the site: their links are checked all the same.
    listed = subprocess.run(["git", "ls-files", "*.md"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for name in listed.split("\n"):
        page = ROOT / name
        if name and page.exists() and page not in site.places:
            for _ in site.converted(page):
                pass
    if options.external:
        site.check_external()
    for fault in site.faults:
        print(fault, file=sys.stderr)
    return 1 if site.faults else 0


if __name__ == "__main__":
    sys.exit(main())
