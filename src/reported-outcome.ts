/**
 * What became of reported properties that were to be written as the device. `writtenInPart`: all but what somebody else may have reported.
 * `notWritable`: a device without a symmetric key (X.509, CA) or a disabled one. `homeElsewhere`: the device itself lives on that hub,
 * nothing was written.
 */
export type ReportedOutcome = 'written' | 'writtenInPart' | 'notWritable' | 'homeElsewhere';
