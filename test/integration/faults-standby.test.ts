import { describeStandby } from './support/fault-cases.js';

// The other kinds are in test/long/faults.test.ts.
describeStandby('stop', 'blackHole', 'slow', 'reset', 'half', 'throttle', 'wrongType', 'empty 204');
