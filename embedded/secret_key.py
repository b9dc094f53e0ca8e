"""The installation's own secret key, for when the operator has not set one."""

import os
import secrets
from pathlib import Path


def installation_secret_key(state_dir: Path) -> str:
    """Return the random key kept in `state_dir/secret_key` (mode 0600), making it the first time.

    Linking a finished temporary file into place lets two first starts at once agree on one key.
    """
    path = state_dir / "secret_key"
    if not path.exists():
        draft = path.with_name(f".secret_key-{os.getpid()}-{secrets.token_hex(4)}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(48))
        try:
            path.hardlink_to(draft)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text().strip()
