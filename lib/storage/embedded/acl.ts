/**
 * Access control lists, as a bucket has them whose owner enforces that there are none: everything belongs to the
 * owner of the one key pair, and nothing can be granted to anybody else.
 */
import { owner } from "./listing.ts";
import { noSuchKey } from "./reading.ts";
import { S3Error } from "./s3-error.ts";
import { bucketNamed, type Call, headersToKeep, readText } from "./store.ts";
import { escaped } from "./xml.ts";

const documentBytesMax = 64 * 1024;

function checkThere({ store, request }: Call): void {
  const bucket = bucketNamed(store, request.bucket);
  if (request.key !== "" && store.catalogue.object(bucket, request.key) === undefined) throw noSuchKey();
}

export function getAcl(call: Call): void {
  checkThere(call);
  const who = `<ID>${escaped(owner.ID)}</ID><DisplayName>${escaped(owner.DisplayName)}</DisplayName>`;
  call.exchange.sendXml(
    200,
    `<?xml version="1.0" encoding="UTF-8"?>
<AccessControlPolicy xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Owner>${who}</Owner><AccessControlList><Grant><Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser">${who}</Grantee><Permission>FULL_CONTROL</Permission></Grant></AccessControlList></AccessControlPolicy>`,
  );
}

/** Granting the owner what the owner has changes nothing; anything else is refused. */
export async function putAcl(call: Call): Promise<void> {
  checkThere(call);
  headersToKeep(call.request.headers);
  const text = await readText(call, documentBytesMax);
  const grantees = text.match(/<(\w+:)?Grantee\b[\s\S]*?<\/(\w+:)?Grantee>/g) ?? [];
  if (grantees.some((grantee) => !grantee.includes(`>${owner.ID}<`)))
    throw new S3Error("AccessControlListNotSupported", "The bucket does not allow ACLs");
  call.exchange.send(200);
}
