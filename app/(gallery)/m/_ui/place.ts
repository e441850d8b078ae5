"use client";
import { createContext, useContext } from "react";
import { idOfPath, pictureHref } from "../../href.ts";

/** Where the light box finds its pictures: in the gallery, or behind the link of a share. */
export type Place = {
  /** The page of a picture, seen in a list. */
  picture(id: string, list: string): string;
  /** The picture in such a page's path; "" in every other path. */
  idIn(path: string): string;
  /** Answers with the pictures beside one (`Walk`). */
  around(id: string, list: string, side?: "before" | "after"): string;
  /** Answers with what is known of one (`Details`). */
  details(id: string, list: string): string;
  /** Answers with the address of its original. */
  original(id: string, list: string): string;
  /** The server tells of changes while one looks. */
  live: boolean;
  /** Whoever looks may hand the picture's address on. */
  handsOn: boolean;
  /** Told when one of the questions was refused: the page itself says why. */
  refused?(status: number): void;
};

const gallery: Place = {
  picture: pictureHref,
  idIn: idOfPath,
  around: (id, list, side) =>
    `/m/${id}/around?${new URLSearchParams({ list, ...(side === undefined ? {} : { side }) }).toString()}`,
  details: (id) => `/m/${id}/details`,
  original: (id) => `/m/${id}/original`,
  live: true,
  handsOn: true,
};

const PlaceContext = createContext(gallery);
export const PlaceProvider = PlaceContext.Provider;
export const usePlace = (): Place => useContext(PlaceContext);

/** What was asked about is not there, or not for this person. */
export class NotThere extends Error {}

/** Asks one of the questions above. Throws NotThere, and others when there is no answer that is one. */
export async function askPlace<Answer>(place: Place, question: string): Promise<Answer> {
  const answer = await fetch(question, { headers: { accept: "application/json" } });
  if (answer.ok) return answer.json();
  place.refused?.(answer.status);
  if (answer.status === 404) throw new NotThere("Expected a picture, got 404");
  throw new Error(`Expected an answer about pictures, got ${answer.status}`);
}
