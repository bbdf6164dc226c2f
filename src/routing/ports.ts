import type { RoutingDocument } from './document.js';

/** What a store holds. `problems`: what is not valid about it, a sentence for each field, without contents. */
export type StoredDocument =
  | { kind: 'document'; document: RoutingDocument; etag: string }
  | { kind: 'invalid'; problems: readonly string[] }
  | { kind: 'missing' };

/** The routing document in one storage account. Rejects with storageUnavailable. */
export interface RoutingStorePort {
  /** The account's; every deployment knows it by the same name. */
  readonly name: string;
  read(): Promise<StoredDocument>;
  /** Creates it with If-None-Match; resolves false when there is one already. */
  create(document: RoutingDocument): Promise<boolean>;
  /** Replaces the one of this ETag; resolves false when it is another one by now, or gone. */
  replace(document: RoutingDocument, etag: string): Promise<boolean>;
  /**
   * The highest epoch that is known to have been in force, kept beside the document. `undefined`: this account never had one.
   * A document that has gone, or has gone back, is told by it.
   */
  readMark(): Promise<number | undefined>;
  /** Never lowers it. */
  raiseMark(epoch: number): Promise<void>;
}

/** Signs that this is no fresh installation, although there is no routing document. */
export type OlderLife =
  | 'mark' // a state account had a document
  | 'ledger' // identities were copied
  | 'consumersDocument' // a hub's failovers were followed
  | 'standbyHub'; // the secondary hub has devices
