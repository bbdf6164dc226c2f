/** The laboratory as a library: two IoT Hubs on loopback for tests and rehearsals. */
export { startLab } from './start-lab.js';
export { compareHubs, type CompareOptions, type HubSnapshot } from './compare/compare-hubs.js';
export type { ComparedField, Difference } from './compare/difference.js';
export type { Fault, HubCore, HubRole, Lab, LabDescription, LabOptions } from './contracts.js';
