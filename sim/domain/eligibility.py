"""From an audit of functions to the share of duties that can be performed remotely.

A share counted over functions is a hypothesis about duties, not about posts: where only the list
is known, the staff behind each function is not, and its shares are Dirichlet(1, ..., 1).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sim.domain.functions import Audit

WORKING_DAYS = 5


def beta_parameters(audit: Audit, services: bool = False) -> tuple[int, int]:
    r"""Return the parameters of the eligible share of an audit without partial functions.

    Parameters
    ----------
    audit : Audit
    services : bool
        Whether the public services count as well.

    Returns
    -------
    full, none : int
        Numbers of functions that can and that cannot be remote.

    Raises
    ------
    ValueError
        If a function is partly feasible: then draw the shares and use `weights`.

    Notes
    -----
    If the staff shares of the :math:`n` functions are Dirichlet(1, ..., 1), a sum of :math:`k` of
    them is :math:`\mathrm{Beta}(k, n - k)` [1]_. With ``none`` = 0 the share is exactly 1 and
    with ``full`` = 0 exactly 0; there is no Beta distribution then.

    References
    ----------
    .. [1] N. L. Johnson, S. Kotz, N. Balakrishnan, Continuous Multivariate Distributions,
       vol. 1, 2nd ed., Wiley, 2000, ch. 49 (aggregation of the Dirichlet distribution).
    """
    counted = audit.counted(services)
    full = sum(f.feasibility == "full" for f in counted)
    none = sum(f.feasibility == "none" for f in counted)
    if full + none < len(counted):
        raise ValueError(f"audit {audit.name!r} has partly feasible functions")
    return full, none


def weights(audit: Audit, services: bool = False) -> tuple[float, ...]:
    """Return the remote share of each function, in the order of the audit.

    The eligible share of a draw is their mean, weighted with staff or Dirichlet(1, ..., 1) shares.
    """
    return tuple(f.share for f in audit.counted(services))


def remote_share_of_post(audit: Audit, time: Mapping[str, float]) -> float:
    """Return the share of a post's working time that can be remote.

    Parameters
    ----------
    audit : Audit
    time : Mapping[str, float]
        Share of the post's time by function or public service; the shares add up to 1.

    Raises
    ------
    KeyError
        If the audit has no such function.
    """
    share = _share_by_function(audit)
    return sum(part * share[name] for name, part in time.items())


def least_days_on_site(audit: Audit, time: Mapping[str, float]) -> float:
    """Return the fewest days a week [d] that a post must spend on site.

    Five times the share of its time on what cannot be remote: a post with 20 % secret work comes
    in one day a week. The parameters are those of `remote_share_of_post`.
    """
    share = _share_by_function(audit)
    return WORKING_DAYS * sum(part * (1 - share[name]) for name, part in time.items())


def _share_by_function(audit: Audit) -> dict[str, float]:
    return {f.name: f.share for f in audit.functions}
