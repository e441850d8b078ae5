/** What a share may be given, as its maker types it. Safe in the browser. */
export const labelMax = 100;
export const titleMax = 200;
export const sharePasswordMin = 6;
export const sharePasswordMax = 200;
/** More than this at once is an album's business: a choice is kept picture by picture. */
export const chosenMax = 10_000;
/** Visits in the log of one share, and how long they stay there. */
export const visitsKept = 5_000;
export const visitDaysKept = 90;
/** Of one guest link. */
export const guestFilesMax = 5_000;
