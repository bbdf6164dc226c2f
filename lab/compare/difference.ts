/** What is compared. `identity` stands for the identity as a whole: missing, extra, or there twice. */
export type ComparedField =
  | 'identity'
  | 'status'
  | 'statusReason'
  | 'authenticationType'
  | 'primaryKey'
  | 'secondaryKey'
  | 'primaryThumbprint'
  | 'secondaryThumbprint'
  | 'iotEdge'
  | 'managedBy'
  | 'tags'
  | 'desired'
  | 'reported';

/** One difference, with names only: never a value of a twin, never a key. */
export interface Difference {
  /** `missing`: on the primary only. `extra`: on the secondary only. `duplicate`: one key twice in one hub. */
  kind: 'missing' | 'extra' | 'duplicate' | 'different';
  deviceId: string;
  moduleId?: string;
  field: ComparedField;
  /** JSON Pointer (RFC 6901) inside the twin section; empty for everything else and for a section as a whole. */
  path: string;
}
