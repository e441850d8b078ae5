/** Decimal, as disks and Intl count. */
export const bytesPerGigabyte = 1_000_000_000;
