"""The log and the safety file: what consensus keeps on disk, behind a file port that tests lose power under."""
