import type { RoutingDocument } from './document.js';

/** The routing document in one storage account. Rejects with storageUnavailable. */
export interface RoutingStorePort {
  readonly name: string;
  /** `undefined` when there is none. A document that is not valid rejects with storageRefused. */
  read(): Promise<{ document: RoutingDocument; etag: string } | undefined>;
  /** Creates it with If-None-Match; resolves false when there is one already. */
  create(document: RoutingDocument): Promise<boolean>;
}
