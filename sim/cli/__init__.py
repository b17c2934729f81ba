"""The command line: parse, call one function, print.

Only click is imported here; what computes is imported by the command that needs it, so that help
answers at once.
"""

from __future__ import annotations

import atexit
import errno
import gc
import os
import sys
from typing import Any

import click

from sim.cli.calibrate import calibrate, demo_log
from sim.cli.check import check, init, warmup
from sim.cli.common import WRONG_INPUT, tell
from sim.cli.compare import compare
from sim.cli.estate import estate
from sim.cli.occupancy import occupancy
from sim.cli.run import run
from sim.cli.sensitivity import sensitivity
from sim.cli.size import size
from sim.errors import InputError, RunError
from sim.version import __version__

_HELP = {"help_option_names": ["-h", "--help"], "max_content_width": 110}
_INTERRUPTED = 130


class _Commands(click.Group):
    """A group whose commands end in a sentence and an exit code, never in a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except InputError as error:
            tell(str(error))
            ctx.exit(WRONG_INPUT)
        except RunError as error:
            tell(f"the run failed: {error}")
        except MemoryError:
            tell("the run failed: out of memory; choose a smaller --block")
        except OSError as error:
            if error.errno == errno.EPIPE:
                raise
            tell(f"the run failed: {' '.join(str(error).split())}")
        except KeyboardInterrupt:
            tell("interrupted; nothing was written")
            ctx.exit(_INTERRUPTED)
        ctx.exit(1)
        return None


@click.group(cls=_Commands, context_settings=_HELP)
@click.version_option(__version__, prog_name="officesim")
def cli() -> None:
    """How much office space remote work releases, what that saves, and who is left without a desk.

    Start with `officesim init DIR`, then `officesim check` and `officesim run` the scenario there.
    """


for command in (
    init,
    check,
    run,
    compare,
    size,
    sensitivity,
    occupancy,
    estate,
    calibrate,
    demo_log,
    warmup,
):
    cli.add_command(command)


def main() -> None:
    """Run the command line; the console's entry point.

    The collector of garbage looks less often at what imports leave behind for good, and not once
    more at the end: together half a second. pydantic does not look through all that is installed
    for plugins of its own, unless the environment says so.
    """
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    gc.set_threshold(200_000, 50, 50)
    atexit.register(gc.freeze)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    cli(prog_name="officesim")
