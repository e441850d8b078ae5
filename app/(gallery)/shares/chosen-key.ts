/** On the way from a selection to the form that shares it. Safe in the browser. */

/** Where, in a tab's session storage, {selection, count} lies: a selection as POST /api/changes takes it. */
export const chosenKey = "tintype:share";
