import type { Details } from "../details.ts";
import type { Slide } from "../slide.ts";
import type { Deed } from "./keys.ts";
import type { Zoom } from "./stage.ts";

/** How things stand while a picture is looked at. */
export type Standing = {
  slide: Slide | undefined;
  details: Details | undefined;
  zoom: Zoom;
  /** The stage is there. */
  staged: boolean;
  /** The browser can show it on the whole screen. */
  canFull: boolean;
  /** The slideshow runs. */
  showing: boolean;
  /** The list is an album from which the viewer may take the picture. */
  inOwnAlbum: boolean;
  undoable: boolean;
};

/** Whether a deed can be done now: keys of others do nothing, or mean something else. */
export function isAble(deed: Deed, standing: Standing): boolean {
  const { slide, details, zoom, staged, canFull, showing, inOwnAlbum, undoable } = standing;
  switch (deed) {
    case "zoomIn":
      return staged && !zoom.most;
    case "zoomOut":
    case "fit":
      return zoom.factor > 1;
    case "zoom":
      return staged;
    case "fullScreen":
      return canFull;
    case "play":
      return slide?.motion !== undefined || slide?.moving !== undefined || showing;
    case "download":
      return details?.download !== undefined;
    case "edit":
    case "trash":
      return details?.mayEdit === true;
    case "album":
      return details?.mayCollect === true;
    case "leaveAlbum":
      return inOwnAlbum;
    case "undo":
      return undoable;
    case "favourite":
      return details?.favourite !== undefined;
    case "rate":
      return details?.mayRate === true;
    case "unrate":
      return details?.mayRate === true && details.rating > 0;
    default:
      return true;
  }
}
