"""When load-through leaves the store alone: a circuit breaker with hysteresis. Pure; ``now`` is an argument.

It opens after ``THRESHOLD`` troubles in a row, so that not every call waits for a store that does not answer. When its
pause is over, one call at a time may try; ``PROOFS`` successes in a row close it, one failure opens it for twice as
long. What fails during a pause had begun before it, and says nothing new.
"""

__all__ = ["Breaker"]

THRESHOLD = 3
PROOFS = 2
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 15.0


class Breaker:
    """The breaker of one store. All times are by one monotonic clock."""

    __slots__ = ("_open_until", "_pause", "_proofs", "_trial_until", "_troubles")

    def __init__(self) -> None:
        self._troubles = 0
        self._proofs = 0
        self._pause = 0.0
        self._open_until = 0.0
        self._trial_until = 0.0

    @property
    def is_open(self) -> bool:
        """Whether it has opened and not yet closed again."""
        return self._pause > 0.0

    def allows(self, now: float) -> bool:
        """Whether a call may use the store. When it is open, yes means that this call is the trial."""
        if not self._pause:
            return True
        if now < self._open_until or now < self._trial_until:
            return False
        self._trial_until = now + self._pause  # if this trial is never heard of again, another may come
        return True

    def failed(self, now: float) -> None:
        """The store did not serve a call."""
        if now < self._open_until:
            return
        self._troubles += 1
        self._proofs = 0
        if self._pause or self._troubles >= THRESHOLD:
            self._pause = min(LONGEST_PAUSE, self._pause * 2.0 or FIRST_PAUSE)
            self._open_until = now + self._pause
            self._trial_until = 0.0

    def succeeded(self) -> None:
        """The store served a call."""
        self._troubles = 0
        if self._pause:
            self._proofs += 1
            self._trial_until = 0.0
            if self._proofs >= PROOFS:
                self._pause = 0.0
                self._proofs = 0
