/** Which planted function runs: defined by `--use KIND=n`. For the type checker; the compiler never sees this file. */
declare const KIND: i32;
