"""EPCIS events and trace records: which stands for which, both ways (ADR: ruled and asserted events).

A *ruled* event says all that a trace record needs: it becomes that record, in the form that `linxin submit` takes, and
its effect is the record's. Everything else is *asserted*: kept, shown as not verified by any rule, and nothing changes
by it.

Each kind of record has a pair of functions: one makes the event of a record, one reads the record out of an event. They
are inverse to each other on all that a record holds.
"""

from standards.epcis.mapping.choose import event_of, happened_ms, record_of, subjects_of
from standards.epcis.mapping.facts import Action, Facts, NotRuled, Recorded

__all__ = ["Action", "Facts", "NotRuled", "Recorded", "event_of", "happened_ms", "record_of", "subjects_of"]
