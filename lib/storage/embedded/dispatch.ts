/** Which operation a request asks for. What is not here is answered with NotImplemented, never with something else. */
import { getAcl, putAcl } from "./acl.ts";
import {
  bucketLocation,
  createBucket,
  deleteBucket,
  deleteCors,
  getCors,
  getRequestPayment,
  getVersioning,
  headBucket,
  listBuckets,
  putCors,
} from "./buckets.ts";
import { copyObject } from "./copying.ts";
import { deleteObjects } from "./deleting.ts";
import { listObjects, listVersions } from "./listing.ts";
import { abortUpload, completeUpload, createUpload, uploadPart, uploadPartCopy } from "./multipart.ts";
import { listParts, listUploads } from "./multipart-lists.ts";
import { deleteObject, getAttributes, getObject, putObject } from "./objects.ts";
import type { S3Request } from "./request.ts";
import { S3Error } from "./s3-error.ts";
import type { Call } from "./store.ts";
import { deleteTags, getTags, putTags } from "./tagging.ts";

type Operation = (call: Call) => Promise<void> | void;

/** Query names that make a request mean something else than it does without them. */
const subresources = new Set([
  "accelerate",
  "acl",
  "analytics",
  "append",
  "attributes",
  "cors",
  "delete",
  "encryption",
  "intelligent-tiering",
  "inventory",
  "legal-hold",
  "lifecycle",
  "location",
  "logging",
  "metadataConfiguration",
  "metadataInventoryTable",
  "metadataJournalTable",
  "metadataTable",
  "metrics",
  "notification",
  "object-lock",
  "ownershipControls",
  "policy",
  "policyStatus",
  "publicAccessBlock",
  "renameObject",
  "replication",
  "requestPayment",
  "restore",
  "retention",
  "select",
  "session",
  "tagging",
  "torrent",
  "uploadId",
  "uploads",
  "versionId",
  "versioning",
  "versions",
  "website",
]);

const serviceOperations: Record<string, Operation> = { GET: listBuckets };

const bucketOperations: Record<string, Operation> = {
  PUT: createBucket,
  HEAD: headBucket,
  DELETE: deleteBucket,
  GET: listObjects,
  "GET location": bucketLocation,
  "GET cors": getCors,
  "PUT cors": putCors,
  "DELETE cors": deleteCors,
  "POST delete": deleteObjects,
  "GET uploads": listUploads,
  "GET versions": listVersions,
  "GET versioning": getVersioning,
  "GET requestPayment": getRequestPayment,
  "GET acl": getAcl,
  "PUT acl": putAcl,
};

const objectOperations: Record<string, Operation> = {
  GET: getObject,
  HEAD: getObject,
  PUT: putObject,
  DELETE: deleteObject,
  "PUT copy": copyObject,
  "POST uploads": createUpload,
  "PUT uploadId": uploadPart,
  "PUT uploadId copy": uploadPartCopy,
  "POST uploadId": completeUpload,
  "DELETE uploadId": abortUpload,
  "GET uploadId": listParts,
  "GET tagging": getTags,
  "PUT tagging": putTags,
  "DELETE tagging": deleteTags,
  "GET acl": getAcl,
  "PUT acl": putAcl,
  "GET attributes": getAttributes,
};

/** The operation of a request. Refuses with NotImplemented or MethodNotAllowed. */
export function operationOf(request: S3Request): Operation {
  const asked = request.query
    // The one version that every object here has.
    .filter(([name, value]) => subresources.has(name) && !(name === "versionId" && value === "null"))
    .map(([name]) => name);
  const copies = request.key !== "" && request.headers.has("x-amz-copy-source") ? ["copy"] : [];
  const name = [request.method, ...asked, ...copies].join(" ");
  const operations =
    request.bucket === "" ? serviceOperations : request.key === "" ? bucketOperations : objectOperations;
  const operation = operations[name];
  if (operation !== undefined) return operation;
  if (asked.length === 0 && copies.length === 0)
    throw new S3Error("MethodNotAllowed", "The specified method is not allowed against this resource.");
  throw new S3Error("NotImplemented", `This store does not have what "${name}" asks for.`);
}
