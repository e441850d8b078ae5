-- Whose turn it is in the queue. Unlogged: nothing but a round is lost with it.
CREATE UNLOGGED TABLE "turns" (
	"priority" smallint NOT NULL,
	"waiter" text NOT NULL,
	"ends_at" timestamp with time zone NOT NULL,
	CONSTRAINT "turns_priority_waiter_pk" PRIMARY KEY("priority","waiter")
);
