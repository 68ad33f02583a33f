"""One text for one content, so that a digest or a signature fixes a document."""

import hashlib
import json
import re
from typing import Any

from tacit.core.errors import InvalidInput
from tacit.core.plain import finite

# 128 bits: short enough to be read aloud, and nobody finds a second document of the same digest
# by accident; a signature (of the file) protects against an adversary
DIGEST_BYTES = 16
NAME = "blake2b-128"


def canonical(plain: Any) -> bytes:
    """Plain data as the one JSON text that stands for it.

    Keys are sorted, no blank is left, numbers are written so that they read back to the same
    float, numbers that are infinite or NaN are null (as a saved report has them), and lone
    surrogates (which UTF-8 cannot hold) are escaped.

    Raises
    ------
    InvalidInput
        Something is no plain data: JSON cannot hold it.
    """
    try:
        text = json.dumps(
            finite(plain),
            ensure_ascii=False,
            allow_nan=False,
            sort_keys=True,
            separators=(",", ":"),
        )
    except (ValueError, TypeError) as error:
        raise InvalidInput(f"This has no JSON text, and so no digest: {error}.") from error
    return re.sub(r"[\ud800-\udfff]", lambda found: f"\\u{ord(found.group()):04x}", text).encode()


def digest_of(plain: Any) -> str:
    """The digest of `canonical` text: the same content, the same digest.

    Examples
    --------
    >>> digest_of({"b": 1, "a": 2}) == digest_of({"a": 2, "b": 1})
    True
    """
    total = hashlib.blake2b(canonical(plain), digest_size=DIGEST_BYTES)
    return f"{NAME}:{total.hexdigest()}"
