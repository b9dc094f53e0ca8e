"""The server's settings: durable, for a small box, and valid on PostgreSQL 15 to 18."""

import os

from .state import Home

MEGABYTE = 1024 * 1024

HOST_BASED_ACCESS = """\
# Nobody gets in without a password, and nobody from another machine.
local  all          all                      scram-sha-256
host   all          all       127.0.0.1/32   scram-sha-256
host   replication  postgres  127.0.0.1/32   scram-sha-256
"""

INCLUDE = """
include_if_exists '../trackxpert.conf'   # rewritten by TrackXpert at each start
# Settings of your own go below this line; they override TrackXpert's.
"""


def settings_text(home: Home, port: int, *, with_statistics: bool, with_lz4: bool) -> str:
    settings = {
        "cluster_name": "trackxpert",
        "listen_addresses": "127.0.0.1",
        "port": port,
        "unix_socket_directories": home.socket_folder(),
        "unix_socket_permissions": "0700",
        "password_encryption": "scram-sha-256",
        "max_connections": 200,
        "shared_buffers": f"{_shared_buffers_mb()}MB",
        "effective_cache_size": f"{max(128, _memory_mb() // 2)}MB",
        "work_mem": "8MB",
        "maintenance_work_mem": "64MB",
        "random_page_cost": 1.1,
        "jit": "off",
        # A page's query is quicker than the start of a second process for it, which would also
        # take the processor from the gates; a report of a term is worth one.
        "parallel_setup_cost": 10000,
        "fsync": "on",
        "synchronous_commit": "on",
        "full_page_writes": "on",
        # After a checkpoint each page is written whole once, and a ledger of years has many: a tap
        # among five million costs PostgreSQL 0.61 ms where pglz packs them, 0.44 where lz4 does.
        "wal_compression": "lz4" if with_lz4 else "pglz",
        "max_wal_size": "1GB",
        "checkpoint_timeout": "15min",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "shared_preload_libraries": "pg_stat_statements" if with_statistics else "",
        "logging_collector": "on",
        "log_directory": home.logs,
        "log_filename": "postgresql-%Y%m%d-%H%M%S.log",
        "log_rotation_size": "10MB",
        "log_rotation_age": 0,
        "log_line_prefix": "%m [%p] %q%u@%d ",
        "log_statement": "none",
        # Statements, their values, and the details of an error ("Key (number)=(DIT/1) already
        # exists") are personal data. The application logs what went wrong, in its own words.
        "log_min_error_statement": "panic",
        "log_min_messages": "log",
        "log_min_duration_statement": -1,
        "log_parameter_max_length": 0,
        "log_parameter_max_length_on_error": 0,
        "log_error_verbosity": "terse",
        "log_lock_waits": "off",
    }
    lines = (f"{name} = {_quoted(value)}\n" for name, value in settings.items())
    return "# Rewritten by TrackXpert at each start.\n" + "".join(lines)


def _quoted(value: object) -> str:
    return "'" + str(value).replace("\\", "\\\\").replace("'", "''") + "'"


def _shared_buffers_mb() -> int:
    return min(256, max(32, _memory_mb() // 8))


def _memory_mb() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // MEGABYTE
