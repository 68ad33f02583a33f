"""How this report was made."""

from collections.abc import Mapping

from tacit.render.blocks import Facts, Section
from tacit.render.clean import clean
from tacit.render.reading import Reading
from tacit.render.words import upper_first

# what every audit writes, in this order; the rest follows as it is called
KNOWN = ("seed", "digest", "command", "n_members", "n_nonmembers", "n_clusters", "level")
# more packages and settings than this are in the JSON
MAX_SHOWN = 12
LIMIT = 400


def section(reading: Reading) -> Section:
    """Date, versions, seed, digest of the inputs and command."""
    words, report = reading.words, reading.report
    environment = dict(report.environment)
    versions = environment.pop("versions", {})
    pairs = [
        (words.say("made.on"), clean(report.created)),
        (words.say("made.model"), clean(report.title)),
        (words.say("made.versions"), _versions(versions)),
    ]
    others = [key for key in environment if key not in KNOWN][:MAX_SHOWN]
    for key in [*(key for key in KNOWN if key in environment), *others]:
        value = environment[key]
        name = words.say(f"made.{key}") if words.has(f"made.{key}") else _label(key)
        pairs.append((name, "" if value is None else clean(value, limit=LIMIT)))
    pairs.append((words.say("made.format"), words.say("made.schema", schema=report.schema)))
    facts = Facts(tuple((name, value) for name, value in pairs if value))
    return Section("made", words.say("made.title"), (facts,))


def _versions(versions: object) -> str:
    if not isinstance(versions, Mapping):
        return ""
    shown = list(versions.items())[:MAX_SHOWN]
    return ", ".join(f"{clean(name)} {clean(version)}" for name, version in shown)


def _label(key: object) -> str:
    return upper_first(clean(key).replace("_", " "))
