"""``make bench``: every measurement as a ratio taken in one run, beside its budget."""

from benchmarks import effects, ingest, reevaluation


MEASUREMENTS = {
    "effects from a million responses": effects.measure,
    "ingest of 200,000 x 42": ingest.measure,
    "evaluation after an upload": reevaluation.measure,
}


def main() -> None:
    """Print one line a ratio."""
    for title, measure in MEASUREMENTS.items():
        print(title, flush=True)
        for name, value in measure().items():
            print(f"  {name:<60} {value:10.2f}", flush=True)


if __name__ == "__main__":
    main()
