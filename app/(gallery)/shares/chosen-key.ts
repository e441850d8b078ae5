/** Where, in a tab's session storage, the ids of chosen pictures lie on the way to /shares/new. Safe in the browser. */
export const chosenKey = "tintype:share";
