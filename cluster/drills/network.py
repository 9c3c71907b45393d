"""Drills of the network between the brands."""

from drill import Drill


class OneWay(Drill):
    name = "one-way"
    title = "what the grocer sends reaches nobody, what is sent to it arrives"

    def fault(self, scene):
        others = [node.place for node in scene.nodes if node.partner != "grocer"]
        grocer = scene.coalition["grocer"].place
        for other in others:
            scene.ground.cut(grocer, other)
        scene.wait(scene.length(5, 60))
        for other in others:
            scene.ground.mend(grocer, other)
        self.wait_whole(scene)


class Partition(Drill):
    name = "partition"
    title = "two brands here, three there, and nothing in between"

    def fault(self, scene):
        pairs = [(one, other) for one in (1, 2) for other in (3, 4, 5)]
        for pair in pairs:
            scene.ground.part(*pair)
        scene.wait(scene.length(5, 60))
        for pair in pairs:
            scene.ground.join(*pair)
        self.wait_whole(scene)


class Slow(Drill):
    name = "slow"
    title = "every packet between brands is 200 ms late, one in twenty is lost"
    is_slow = True

    def fault(self, scene):
        if scene.ground.is_lined:
            scene.say("this kernel has no netem; a delay line in user space does it")
        scene.ground.slow(200, 5)
        scene.wait(scene.length(6, 60))
        scene.ground.quicken()
        self.wait_whole(scene)


DRILLS = (OneWay, Partition, Slow)
