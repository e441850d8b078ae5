/** What `aws configure` wrote about the place, read as AWS's own tools read it. */
import { S3Client } from "@aws-sdk/client-s3";

/** The region of the environment or of a profile of ~/.aws; undefined when neither names one. */
export async function usualRegion(profile?: string): Promise<string | undefined> {
  const client = new S3Client(profile === undefined ? {} : { profile });
  try {
    return await client.config.region();
  } catch {
    // The SDK's only way of saying that there is none.
    return undefined;
  } finally {
    client.destroy();
  }
}
